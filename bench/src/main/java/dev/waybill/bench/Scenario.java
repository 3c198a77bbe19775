package dev.waybill.bench;

import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/** Something to be measured: one job, done by several contenders in turn. */
interface Scenario extends AutoCloseable {
  /** The word by which it is asked for. */
  String name();

  /** What the job is, in one line. */
  String title();

  /** How often each contender runs at least, whatever was asked for. */
  int leastRuns();

  /**
   * Makes what all contenders need. What an earlier call made is used again if it would be the
   * same.
   *
   * @return what a reader of the results must know about it
   */
  Map<String, Object> prepare() throws IOException, SQLException, InterruptedException;

  /**
   * Who takes part on this machine; a limit comes before those it is the limit of. Valid after
   * {@link #prepare}.
   */
  List<Contender> contenders();

  /** Removes what it made outside the build's own folder. */
  @Override
  void close() throws SQLException;
}
