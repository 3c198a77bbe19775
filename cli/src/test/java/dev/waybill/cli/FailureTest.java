package dev.waybill.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.model.DataException;
import dev.waybill.model.InternalException;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class FailureTest {
  private final Recorded recorded = new Recorded();

  private int fail(Throwable thrown, boolean isVerbose) {
    WaybillCommand waybill = new WaybillCommand(recorded.terminal());
    waybill.isVerbose = isVerbose;
    waybill.home = Path.of("h");
    return waybill.fail(thrown);
  }

  @Test
  void theKindOfErrorDecidesTheExitCode() {
    assertThat(fail(new SpecException("X", "x.", ""), false)).isEqualTo(2);
    assertThat(fail(new StoreException("X", "x.", "", true, null), false)).isEqualTo(2);
    assertThat(fail(new DataException("X", "x.", "", 0, null), false)).isEqualTo(2);
    assertThat(fail(new SpecException("STALE_PLAN", "x.", ""), false)).isEqualTo(5);
    assertThat(fail(new InternalException("x", null), false)).isEqualTo(70);
    assertThat(fail(new IllegalStateException("x"), false)).isEqualTo(70);
    assertThat(fail(new OutOfMemoryError(), false)).isEqualTo(70);
  }

  @Test
  void anErrorSaysWhatWhyAndWhatToTry() {
    recorded.isAsIn(
        "error.txt",
        fail(
            new StoreException(
                "TARGET_NOT_EMPTY",
                "Collection \"person\" of postgresql://u:sesame@h/db is not empty.",
                "choose an empty target, or see what would conflict: waybill migrate … --dry-run",
                false,
                new IllegalStateException("not to be seen")),
            false));
    assertThat(recorded.all()).doesNotContain("sesame", "not to be seen", "    at ");
  }

  @Test
  void aFaultOfWaybillsOwnShowsWhereItWasOnlyWhenAsked() {
    fail(new IllegalStateException("row count\nwas 3"), false);
    assertThat(recorded.err())
        .startsWith("A fault of Waybill's own: IllegalStateException: row count\n")
        .doesNotContain("FailureTest.java");

    fail(new IllegalStateException("row count"), true);
    assertThat(recorded.err()).contains("at dev.waybill.cli.FailureTest", "FailureTest.java");
  }

  @Test
  void aFaultWhileWritingNamesTheJournalInsteadOfClaimingThatNothingWasWritten() {
    WaybillCommand waybill = new WaybillCommand(recorded.terminal());
    waybill.home = Path.of("h");
    waybill.willWrite();

    waybill.fail(new IllegalStateException("x"));

    assertThat(recorded.err())
        .contains(Path.of("h", "runs").toString(), "waybill runs --home h")
        .doesNotContain("Nothing was written");
  }
}
