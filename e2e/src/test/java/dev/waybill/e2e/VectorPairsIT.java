package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.plan.Fragment;
import dev.waybill.plan.Plan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Vectors from every kind of store that holds such to every other and back, filled and read by
 * somebody else's hands: the bits of all floats are the same.
 */
class VectorPairsIT {
  private static final float[] HARD = {
    0, -0f, Float.MIN_VALUE, -1.1754942e-38f, Float.MIN_NORMAL, Float.MAX_VALUE, -1 / 3f, 16_777_215
  };
  private static final int RECORDS = 40;

  @TempDir private Path folder;
  private TestServer server;
  private World world;
  private List<VectorHome> homes;

  @BeforeEach
  void begin() throws Exception {
    server = new TestServer();
    world = new World(folder.resolve("home"));
    homes = VectorHome.all(server, folder);
  }

  @AfterEach
  void end() throws Exception {
    if (homes != null) {
      for (VectorHome each : homes) {
        each.close();
      }
    }
    if (server != null) {
      server.close();
    }
  }

  private static SortedMap<String, float[]> vectors() {
    SortedMap<String, float[]> vectors = new TreeMap<>();
    Random random = new Random(20_261_130);
    for (int i = 0; i < RECORDS; i++) {
      float[] vector = new float[HARD.length];
      for (int k = 0; k < vector.length; k++) {
        vector[k] = i < HARD.length ? HARD[(i + k) % HARD.length] : (float) random.nextGaussian();
      }
      vectors.put("docs/" + i + " ☃", vector);
    }
    return vectors;
  }

  /** The bits, so that zeros have signs. */
  private static Map<String, List<Integer>> bits(Map<String, float[]> vectors) {
    Map<String, List<Integer>> bits = new TreeMap<>();
    vectors.forEach(
        (id, vector) -> {
          List<Integer> each = new ArrayList<>();
          for (float element : vector) {
            each.add(Float.floatToRawIntBits(element));
          }
          bits.put(id, each);
        });
    return bits;
  }

  private void move(String from, String to, Optional<String> type) {
    MigrationSpec spec = MigrationSpec.of(from, to);
    Plan plan =
        world
            .waybill()
            .plan(
                type.map(said -> Fragment.withTypes(null, Map.of("things.embedding", said)))
                    .map(spec::withProfile)
                    .orElse(spec));
    assertThat(plan.refusals()).isEmpty();
    RunResult result = world.apply(plan, () -> false);
    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(RunResult.Status.OK);
  }

  @TestFactory
  Stream<DynamicTest> everyBitComesBackFromEveryOtherKind() {
    return homes.stream()
        .flatMap(
            first ->
                homes.stream()
                    .filter(other -> other != first && other.canWrite())
                    .map(
                        other ->
                            DynamicTest.dynamicTest(
                                first.name() + " to " + other.name() + " and back",
                                () -> thereAndBack(first, other))));
  }

  private void thereAndBack(VectorHome first, VectorHome other) throws Exception {
    Map<String, List<Integer>> wanted = bits(vectors());
    String from = first.fresh();
    first.fill(from, vectors());
    assertThat(bits(first.read(from))).as("as it was filled").isEqualTo(wanted);

    String there = other.fresh();
    move(from, there, first.said("vector(float32," + HARD.length + ")"));
    assertThat(bits(other.read(there))).as("there").isEqualTo(wanted);

    VectorHome last = first.canWrite() ? first : homes.get(0);
    String back = last.fresh();
    move(there, back, Optional.empty());
    assertThat(bits(last.read(back))).as("back").isEqualTo(wanted);
  }
}
