package dev.waybill.plan;

import dev.waybill.model.LossRules;
import dev.waybill.model.SessionOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The options that a file names; null where it does not. */
record OptionWishes(
    Plan.@Nullable Verify verify,
    @Nullable String onFailure,
    @Nullable Integer connections,
    @Nullable Integer batchSize,
    @Nullable Long maxQuarantined,
    @Nullable Long maxRate,
    LossRules onLoss,
    @Nullable Boolean hasSidecar,
    Map<String, List<String>> settings,
    @Nullable Duration lockTimeout,
    @Nullable Duration statementTimeout,
    @Nullable Boolean isAnalyzed,
    @Nullable Boolean isBackedUp,
    @Nullable Duration keep,
    @Nullable List<String> normalise,
    @Nullable List<String> denormalise) {

  /** No option is named. */
  static final OptionWishes NONE =
      new OptionWishes(
          null,
          null,
          null,
          null,
          null,
          null,
          LossRules.NONE,
          null,
          Map.of(),
          null,
          null,
          null,
          null,
          null,
          null,
          null);

  /**
   * These options where the given ones are as usual, else the given ones. Rules and settings are
   * put together, the given ones last, so that they win.
   */
  Plan.Options under(Plan.Options given, Plan.Options usual) {
    List<LossRules.Rule> rules = new ArrayList<>(onLoss.rules());
    rules.addAll(given.onLoss().rules());
    SessionOptions session = given.session();
    SessionOptions usualSession = usual.session();
    Map<String, List<String>> all = new LinkedHashMap<>(settings);
    all.putAll(session.settings());
    return new Plan.Options(
        chosen(verify, given.verify(), usual.verify()),
        chosen(onFailure, given.onFailure(), usual.onFailure()),
        chosen(connections, given.connections(), usual.connections()),
        chosen(batchSize, given.batchSize(), usual.batchSize()),
        chosen(maxQuarantined, given.maxQuarantined(), usual.maxQuarantined()),
        chosen(maxRate, given.maxRate(), usual.maxRate()),
        new LossRules(rules),
        chosen(hasSidecar, given.hasSidecar(), usual.hasSidecar()),
        new SessionOptions(
            all,
            chosen(lockTimeout, session.lockTimeout(), usualSession.lockTimeout()),
            chosen(statementTimeout, session.statementTimeout(), usualSession.statementTimeout()),
            chosen(isAnalyzed, session.isAnalyzed(), usualSession.isAnalyzed())),
        new Plan.Backup(
            chosen(isBackedUp, given.backup().isEnabled(), usual.backup().isEnabled()),
            chosen(keep, given.backup().keep(), usual.backup().keep())),
        new Nesting(
            chosen(normalise, given.nesting().normalise(), usual.nesting().normalise()),
            chosen(denormalise, given.nesting().denormalise(), usual.nesting().denormalise())));
  }

  private static <T> T chosen(@Nullable T wished, T given, T usual) {
    return wished != null && given.equals(usual) ? wished : given;
  }
}
