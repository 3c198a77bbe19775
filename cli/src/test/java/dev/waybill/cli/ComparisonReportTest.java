package dev.waybill.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.waybill.Comparison;
import dev.waybill.verify.Difference;
import dev.waybill.verify.SearchEquality;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonReportTest {
  private static final Comparison EQUAL =
      new Comparison(
          List.of(
              new Comparison.Compared("agents", 12, 12, 12, 0, 0, 0),
              new Comparison.Compared("messages", 1_192, 1_192, 1_192, 0, 0, 0)),
          List.of(),
          null,
          List.of(),
          List.of(),
          List.of());
  private static final Comparison DIFFERENT =
      new Comparison(
          List.of(new Comparison.Compared("messages", 1_192, 1_192, 1_190, 1, 1, 1)),
          List.of(
              new Difference("messages", Difference.Kind.MISSING, "17", List.of()),
              new Difference("messages", Difference.Kind.EXTRA, "9000", List.of()),
              new Difference(
                  "messages",
                  Difference.Kind.CHANGED,
                  "3",
                  List.of(
                      new Difference.FieldDifference("body", "hello", "hallo"),
                      new Difference.FieldDifference("score", "0.0", "1.0")))),
          null,
          List.of("notes: only the source has it"),
          List.of("messages_fts was not compared"),
          List.of());

  private final Recorded recorded = new Recorded();

  @Test
  void equalSidesAreOneSentence() {
    int exit = new ComparisonReport(recorded.text(), false, null, -1).print(EQUAL, 0.25);

    recorded.isAsIn("diff-equal.txt", exit);
  }

  @Test
  void differencesAreShownAsGitShowsThem() {
    int exit = new ComparisonReport(recorded.text(), false, null, -1).print(DIFFERENT, 0.25);

    recorded.isAsIn("diff-different.txt", exit);
  }

  private static Comparison searched(int differing) {
    return new Comparison(
        EQUAL.collections(),
        List.of(),
        null,
        List.of(),
        List.of(),
        List.of(
            new SearchEquality(
                "notes",
                "embedding",
                "cosine",
                42,
                100,
                10,
                differing == 0 ? 1 : 0.9996,
                differing,
                differing > 0,
                new SearchEquality.Side("", "", Double.NaN, "no index"),
                new SearchEquality.Side("notes_hnsw", "hnsw.ef_search=40", 0.9929, ""))));
  }

  @Test
  void aSearchSaysWhatBothSidesFindAndWhatTheirIndexesDo() {
    int exit = new ComparisonReport(recorded.text(), true, null, -1).print(searched(0), 0.25);

    recorded.isAsIn("verify-search.txt", exit);
  }

  @Test
  void sidesThatFindOthersDiffer() {
    int exit = new ComparisonReport(recorded.text(), true, null, -1).print(searched(5), 0.25);

    recorded.isAsIn("verify-search-different.txt", exit);
  }

  @Test
  void aSearchIsInTheSummaryToo() {
    int exit = new ComparisonReport(recorded.json(), true, null, -1).print(searched(0), 0.25);

    recorded.isAsIn("verify-search.ndjson", exit);
  }

  @Test
  void aVerificationNamesItsRun() {
    assertThat(new ComparisonReport(recorded.text(), true, "R", -1).print(EQUAL, 0.25)).isZero();

    assertThat(recorded.out())
        .isEqualTo("Equal: 1,204 records in 2 collections, every one compared. 0.3 s, run R.\n");
  }

  @Test
  void coloursAreOnlyForATerminal() {
    new ComparisonReport(recorded.text(), false, null, -1).print(DIFFERENT, 0);
    assertThat(recorded.out()).doesNotContain("\033");

    recorded.isColoured = true;
    new ComparisonReport(recorded.text(), false, null, -1).print(DIFFERENT, 0);
    assertThat(recorded.out()).contains("\033[31m- messages 17\033[0m\n");
  }

  @Test
  void inJsonEachDifferenceIsALineAndTheSummaryCounts() {
    int exit = new ComparisonReport(recorded.json(), true, "R", -1).print(DIFFERENT, 0.25);

    assertThat(exit).isEqualTo(4);
    assertThat(recorded.lines()).hasSize(4);
    assertThat(recorded.lines().get(2).toString())
        .isEqualTo(
            "{\"type\":\"difference\",\"collection\":\"messages\",\"kind\":\"changed\","
                + "\"key\":\"3\",\"fields\":["
                + "{\"field\":\"body\",\"source\":\"hello\",\"target\":\"hallo\"},"
                + "{\"field\":\"score\",\"source\":\"0.0\",\"target\":\"1.0\"}]}");
    JsonNode summary = recorded.lastLine();
    assertThat(summary.path("status").asText()).isEqualTo("different");
    assertThat(summary.path("exit").asInt()).isEqualTo(4);
    assertThat(summary.path("run").asText()).isEqualTo("R");
    assertThat(summary.path("collections").toString())
        .isEqualTo(
            "[{\"name\":\"messages\",\"source\":1192,\"target\":1192,\"equal\":1190,"
                + "\"changed\":1,\"missing\":1,\"extra\":1}]");
    assertThat(summary.path("structure").get(0).asText()).contains("notes");
  }

  private static Comparison many(Path file, int differences) throws Exception {
    List<Difference> first = new ArrayList<>();
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < differences; i++) {
      if (i < Comparison.SHOWN) {
        first.add(new Difference("c", Difference.Kind.MISSING, "" + i, List.of()));
      }
      lines
          .append("{\"collection\":\"c\",\"kind\":\"missing\",\"key\":\"")
          .append(i)
          .append("\",\"fields\":[]}\n");
    }
    Files.writeString(file, lines);
    return new Comparison(
        List.of(new Comparison.Compared("c", differences, 0, 0, 0, differences, 0)),
        first,
        file,
        List.of(),
        List.of(),
        List.of());
  }

  @Test
  void twentyAreShownAndTheFileOfTheRestNamed(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("differences.ndjson");

    new ComparisonReport(recorded.text(), false, null, -1).print(many(file, 45), 0);

    assertThat(recorded.out().lines().filter(line -> line.startsWith("- c "))).hasSize(20);
    assertThat(recorded.out()).contains("+25 more: " + file + "\n");
  }

  @Test
  void alimitIsObeyedInBothDirections(@TempDir Path folder) throws Exception {
    Comparison comparison = many(folder.resolve("differences.ndjson"), 45);

    new ComparisonReport(recorded.text(), false, null, 3).print(comparison, 0);
    assertThat(recorded.out().lines().filter(line -> line.startsWith("- c "))).hasSize(3);
    assertThat(recorded.out()).contains("+42 more: ");

    Recorded long40 = new Recorded();
    new ComparisonReport(long40.text(), false, null, 40).print(comparison, 0);
    assertThat(long40.out().lines().filter(line -> line.startsWith("- c "))).hasSize(40);
    assertThat(long40.out()).contains("- c 39\n", "+5 more: ");
  }

  @Test
  void inJsonAllDifferencesAreGiven(@TempDir Path folder) throws Exception {
    new ComparisonReport(recorded.json(), false, null, -1)
        .print(many(folder.resolve("differences.ndjson"), 45), 0);

    assertThat(recorded.lines()).hasSize(46);
    assertThat(recorded.lines().get(44).path("key").asText()).isEqualTo("44");
  }
}
