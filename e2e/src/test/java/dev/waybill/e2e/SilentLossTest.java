package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.Comparison;
import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Field;
import dev.waybill.model.LogicalType;
import dev.waybill.model.LossRules;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.SpecException;
import dev.waybill.model.WaybillException;
import dev.waybill.plan.FieldMapping;
import dev.waybill.plan.Fragment;
import dev.waybill.plan.Plan;
import dev.waybill.plan.PlanFile;
import dev.waybill.plan.Step;
import dev.waybill.spi.Capabilities.Transactions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a sidecar or a mapping could hide is carried, found or refused by name. */
class SilentLossTest {
  private static final String NUL = "'a' || char(0) || 'b'";

  @TempDir private Path folder;
  private World world;

  @BeforeEach
  void begin() {
    world = new World(folder.resolve("home"));
  }

  private String sqlite(String name, String... statements) throws Exception {
    Path file = folder.resolve(name);
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
    return "sqlite:" + file;
  }

  private List<String> query(String url, String sql) throws Exception {
    List<String> rows = new ArrayList<>();
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + url.substring("sqlite:".length()));
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      while (row.next()) {
        rows.add(row.getString(1));
      }
    }
    return rows;
  }

  private static MigrationSpec with(String from, String to, String... rules) {
    return MigrationSpec.of(from, to).withOnLoss(LossRules.parse(List.of(rules)));
  }

  private RunResult done(Plan plan) {
    RunResult result = world.apply(plan, () -> false);
    assertThat(result.error()).isNull();
    return result;
  }

  private static Plan edited(Plan plan, String source, UnaryOperator<Step> edit) {
    return plan.withSteps(
        plan.steps().stream()
            .map(step -> step.source().equals(source) ? edit.apply(step) : step)
            .toList());
  }

  /** A target that was made from {@code users}, under the name {@code people}. */
  private String renamed() throws Exception {
    String from =
        sqlite(
            "a.db",
            "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
            "INSERT INTO users VALUES (1, 'Ada'), (2, " + NUL + ")");
    String to = World.url(Transactions.BATCH);
    Fragment rename =
        PlanFile.readFragment(
            "rename.yaml",
            "waybill-profile: 1\ncollections:\n  - {source: users, target: people}\n");
    done(world.waybill().plan(with(from, to, "NUL_IN_TEXT=sidecar").withProfile(rename)));
    return to;
  }

  @Test
  void aCollectionUnderTheNameThatAnotherHadInTheSourceIsNotHidden() throws Exception {
    String to = renamed();
    Collection users =
        Collection.of(
            "users",
            List.of(
                World.field("id", LogicalType.INT64, false),
                World.field("name", LogicalType.TEXT, true)),
            List.of("id"));
    RecordBatch own = new RecordBatch(2);
    own.putInt64(7);
    own.putText("somebody else");
    world.fill(to, users, own);

    String back = "sqlite:" + folder.resolve("back.db");
    done(world.waybill().plan(MigrationSpec.of(to, back)));

    assertThat(query(back, "SELECT name FROM users")).containsExactly("somebody else");
    assertThat(query(back, "SELECT name FROM people WHERE id = 1")).containsExactly("Ada");
  }

  private Step withConstant(Step step, String name) {
    List<FieldMapping> lines = new ArrayList<>(step.fields());
    List<Field> fields = new ArrayList<>(step.target().fields());
    lines.add(0, new FieldMapping(List.of(), LogicalType.TEXT, "", name, LogicalType.TEXT, "acme"));
    fields.add(0, World.field(name, LogicalType.TEXT, true));
    return step.withFields(lines).withTarget(step.target().withFields(fields));
  }

  @Test
  void whatStandsInPlaceOfAConstantIsNotDroppedOnTheWayBack() throws Exception {
    String from =
        sqlite(
            "a.db",
            "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
            "INSERT INTO users VALUES (1, 'Ada'), (2, " + NUL + ")");
    String to = World.url(Transactions.BATCH);
    Plan plan = world.waybill().plan(with(from, to, "NUL_IN_TEXT=sidecar"));
    done(edited(plan, "users", step -> withConstant(step, "tenant")));
    Collection users = world.collection(to, "users");
    RecordBatch other = new RecordBatch(3);
    other.putText("globex");
    other.putInt64(3);
    other.putText("Grace");
    world.put(to, users, other);

    String back = "sqlite:" + folder.resolve("back.db");
    String found;
    try {
      Plan way = world.waybill().plan(MigrationSpec.of(to, back));
      found = String.valueOf(MigrationTest.error(world.apply(way, () -> false)).getMessage());
    } catch (WaybillException named) {
      found = String.valueOf(named.getMessage());
    }

    assertThat(found).contains("users").contains("tenant");
  }

  @Test
  void aConstantUnderTheNameOfAFieldThatGotAnotherIsNotTakenForIt() throws Exception {
    String from =
        sqlite(
            "a.db",
            "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
            "INSERT INTO users VALUES (1, 'Ada'), (2, " + NUL + ")");
    String to = World.url(Transactions.BATCH);
    Plan plan = world.waybill().plan(with(from, to, "NUL_IN_TEXT=sidecar"));
    done(
        edited(
            plan,
            "users",
            step -> {
              List<FieldMapping> lines = new ArrayList<>();
              for (FieldMapping line : step.fields()) {
                lines.add(
                    line.source().equals("name")
                        ? new FieldMapping("name", line.from(), "full_name", line.to())
                        : line);
              }
              List<Field> fields = new ArrayList<>();
              for (Field field : step.target().fields()) {
                fields.add(
                    field.name().equals("name")
                        ? World.field("full_name", LogicalType.TEXT, true)
                        : field);
              }
              return withConstant(
                  step.withFields(lines).withTarget(step.target().withFields(fields)), "name");
            }));

    String back = "sqlite:" + folder.resolve("back.db");
    done(world.waybill().plan(MigrationSpec.of(to, back)));

    assertThat(query(back, "SELECT name FROM users WHERE id = 1")).containsExactly("Ada");
  }

  @Test
  void twoSpellingsOfOneKeyAreNotMergedInAPopulatedTarget() throws Exception {
    String from =
        sqlite(
            "a.db",
            "CREATE TABLE t (k TEXT PRIMARY KEY, v TEXT)",
            "INSERT INTO t VALUES ('AAAAAAAA-0000-4000-8000-000000000001', 'x')",
            "INSERT INTO t VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 'x')");
    String to = World.url(Transactions.BATCH);
    Collection there =
        Collection.of(
            "t",
            List.of(
                World.field("k", LogicalType.UUID, false),
                World.field("v", LogicalType.TEXT, true)),
            List.of("k"));
    RecordBatch own = new RecordBatch(2);
    own.putUuid(7, 7);
    own.putText("own");
    world.fill(to, there, own);

    Plan plan = world.waybill().plan(with(from, to, "NOT_A_UUID=replace"));
    RunResult result = world.apply(plan, () -> false);

    assertThat(result.status()).isEqualTo(Status.PUT_BACK);
    assertThat(MigrationTest.error(result)).hasMessageContaining("t: 1").hasMessageContaining("-");
    assertThat(world.read(to, "t").records()).isEqualTo(1);
  }

  @Test
  void aReplacementInATextWhoseSpellingIsKeptIsProven() throws Exception {
    String from =
        sqlite(
            "a.db",
            "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
            "INSERT INTO t VALUES (1, '{\"a\":-0}'), (2, '{\"a\":1}')");
    String to = World.url(Transactions.BATCH);
    Collection there =
        Collection.of(
            "t",
            List.of(
                World.field("id", LogicalType.INT64, false),
                World.field("v", LogicalType.JSON, true)),
            List.of("id"));
    world.fill(to, there, new RecordBatch(2));

    RunResult result =
        world.apply(
            world
                .waybill()
                .plan(with(from, to, "COMPARED_BY_CONTENT=sidecar", "JSON_MINUS_ZERO=replace")),
            () -> false);

    assertThat(result.error()).isNull();
    assertThat(Files.readString(result.directory().resolve("receipt.json")))
        .containsPattern("\"name\" : \"t\",[^}]*\"spelling-not-proven\" : \\[ ]");
    assertThat(world.waybill().verifyRun(result.run(), event -> {}).collections())
        .extracting(Comparison.Compared::name)
        .containsExactly("t");
  }

  @Test
  void aRunThatVerifiedASampleCanBeRolledBack() throws Exception {
    Collection people = People.people();
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.BATCH);
    world.fill(from, people, People.some(0, 20_000, 1));
    MigrationSpec spec =
        new MigrationSpec(
            from,
            to,
            List.of(),
            List.of(),
            java.util.Map.of(),
            ConflictPolicy.FAIL,
            Plan.Verify.parse("sample:5%"),
            MigrationSpec.OnFailure.ROLLBACK,
            1,
            1000,
            0,
            0);
    RunResult run = done(world.waybill().plan(spec));

    RunResult back = world.rollback(run);

    assertThat(back.error()).isNull();
  }

  @Test
  void anEntryOfAnEarlierRunThatWouldCoverANullIsAConflict() throws Exception {
    String from =
        sqlite(
            "a.db",
            "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
            "INSERT INTO users VALUES (1, 'Ada'), (2, " + NUL + ")");
    String to = World.url(Transactions.BATCH);
    done(world.waybill().plan(with(from, to, "NUL_IN_TEXT=sidecar")));
    sqlite("a.db", "UPDATE users SET name = NULL WHERE id = 2");

    Map<String, String> before = world.state(to);

    assertThatThrownBy(
            () -> world.apply(world.waybill().plan(MigrationSpec.of(from, to)), () -> false))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("waybill_sidecar_values");
    assertThat(world.state(to)).isEqualTo(before);
  }

  @Test
  void anEntryThatWouldCoverANullIsTakenOutOfForceAndPutBackWithTheRun() throws Exception {
    String from =
        sqlite(
            "a.db",
            "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
            "INSERT INTO users VALUES (1, 'Ada'), (2, " + NUL + "), (3, " + NUL + ")");
    String to = World.url(Transactions.BATCH);
    done(world.waybill().plan(with(from, to, "NUL_IN_TEXT=sidecar")));
    Map<String, String> before = world.state(to);
    sqlite("a.db", "UPDATE users SET name = NULL WHERE id = 2");
    MigrationSpec over =
        World.spec(from, to, ConflictPolicy.OVERWRITE, 0, MigrationSpec.OnFailure.ROLLBACK)
            .withOnLoss(LossRules.parse(List.of("NUL_IN_TEXT=sidecar")));

    RunResult second = done(world.waybill().plan(over));
    RunResult third = done(world.waybill().plan(over));
    String back = "sqlite:" + folder.resolve("back.db");
    done(world.waybill().plan(MigrationSpec.of(to, back)));

    assertThat(world.waybill().diff(MigrationSpec.of(from, back), event -> {}).isEqual()).isTrue();
    assertThat(world.waybill().verifyRun(second.run(), event -> {}).isEqual()).isTrue();
    assertThat(third.collections()).allMatch(each -> each.written() == 0);
    assertThat(world.rollback(third).error()).isNull();
    assertThat(world.rollback(second).error()).isNull();
    assertThat(world.state(to)).isEqualTo(before);
  }
}
