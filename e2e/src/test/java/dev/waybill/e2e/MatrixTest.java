package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.testkit.MemoryForm;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Hard values of every type between all stores that need no server. {@code ./dev test} leaves it
 * out: {@link MatrixIT} has the same pairs among its own.
 */
@Tag(MatrixTest.AMONG_THOSE_WITH_SERVERS)
class MatrixTest {
  /** The tag of what is run once more, whole, where there are servers; {@code dev} knows it. */
  static final String AMONG_THOSE_WITH_SERVERS = "among-those-with-servers";

  @TempDir private Path folder;

  static List<MatrixStore> stores(Path folder) {
    return List.of(
        memory(MemoryForm.RELATIONAL),
        memory(MemoryForm.DOCUMENT),
        memory(MemoryForm.GRAPH),
        new MatrixStore(
            "sqlite",
            "sqlite",
            () -> "sqlite:" + folder.resolve(UUID.randomUUID() + ".db"),
            url -> {},
            SqlClient.SQLITE,
            "sqlite"),
        json(folder));
  }

  private static MatrixStore json(Path folder) {
    return new MatrixStore(
        "json",
        "json",
        () -> "json:" + folder.resolve(UUID.randomUUID().toString()) + "/",
        url -> {},
        JsonClient.JACKSON,
        "json");
  }

  private static MatrixStore memory(MemoryForm form) {
    return new MatrixStore(
        "memory as " + form.name().toLowerCase(Locale.ROOT),
        form == MemoryForm.RELATIONAL ? "memory" : "memory-" + form.name().toLowerCase(Locale.ROOT),
        () -> MemoryStores.url(form),
        MemoryStores::remove,
        null,
        "");
  }

  @TestFactory
  Stream<DynamicTest> everyValueComesBackOrIsNamed() {
    Matrix matrix = new Matrix(new World(folder.resolve("home")));
    return pairs(stores(folder), "", matrix::thereAndBack);
  }

  @TestFactory
  Stream<DynamicTest> overTwoOtherStoresToo() {
    Matrix matrix = new Matrix(new World(folder.resolve("home")));
    List<MatrixStore> stores = stores(folder);
    return rounds(List.of(stores.get(3), stores.get(0), stores.get(1)), matrix);
  }

  /** A test for each order of three stores, and one that says what became of all values. */
  static Stream<DynamicTest> rounds(List<MatrixStore> three, Matrix matrix) {
    Matrix.Tally[] all = {Matrix.Tally.NOTHING};
    Stream<DynamicTest> rounds =
        Stream.of(
                List.of(0, 1, 2),
                List.of(0, 2, 1),
                List.of(1, 0, 2),
                List.of(1, 2, 0),
                List.of(2, 0, 1),
                List.of(2, 1, 0))
            .map(order -> order.stream().map(three::get).toList())
            .map(
                stores ->
                    DynamicTest.dynamicTest(
                        stores + " and back", () -> all[0] = all[0].plus(matrix.around(stores))));
    DynamicTest end =
        DynamicTest.dynamicTest(
            "all rounds",
            () -> {
              System.out.println(
                  String.format(
                      "rounds: %,d values over %,d rounds of three stores: %,d arrived equal, %,d"
                          + " were quarantined by name, %,d stood in fields that the plan refuses by"
                          + " name",
                      all[0].values(),
                      all[0].pairs(),
                      all[0].arrived(),
                      all[0].quarantined(),
                      all[0].refusedInPlan()));
              assertThat(all[0].pairs()).isEqualTo(6);
              assertThat(all[0].values())
                  .isEqualTo(all[0].arrived() + all[0].quarantined() + all[0].refusedInPlan());
            });
    return Stream.concat(rounds, Stream.of(end));
  }

  /** A test for each ordered pair, and one that says what became of all values. */
  static Stream<DynamicTest> pairs(
      List<MatrixStore> stores,
      String how,
      BiFunction<MatrixStore, MatrixStore, Matrix.Tally> thereAndBack) {
    Matrix.Tally[] all = {Matrix.Tally.NOTHING};
    Stream<DynamicTest> pairs =
        stores.stream()
            .flatMap(
                a ->
                    stores.stream()
                        .map(
                            b ->
                                DynamicTest.dynamicTest(
                                    a + " to " + b + " and back",
                                    () -> all[0] = all[0].plus(thereAndBack.apply(a, b)))));
    DynamicTest end =
        DynamicTest.dynamicTest(
            "all pairs",
            () -> {
              System.out.println("matrix" + how + ": " + all[0]);
              assertThat(all[0].pairs()).isEqualTo((long) stores.size() * stores.size());
              assertThat(all[0].values())
                  .isEqualTo(all[0].arrived() + all[0].quarantined() + all[0].refusedInPlan());
            });
    return Stream.concat(pairs, Stream.of(end));
  }
}
