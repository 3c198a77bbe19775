package dev.waybill.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.waybill.Inspection;
import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.EmbeddingModel;
import dev.waybill.model.Field;
import dev.waybill.model.Finding;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.FoundModel;
import dev.waybill.model.Index;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.ValueProfile;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreAdapter;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.Workspace;
import dev.waybill.testkit.MemoryAdapter;
import dev.waybill.testkit.MemoryForm;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class InspectionReportTest {
  private final Recorded recorded = new Recorded();

  private static ValueProfile profile(Consumer<RecordBatch> values) {
    RecordBatch batch = new RecordBatch(1);
    values.accept(batch);
    ValueProfile profile = new ValueProfile();
    for (int i = 0; i < batch.records(); i++) {
      String key = "key " + i;
      profile.add(batch, batch.at(i, 0), () -> key);
    }
    return profile;
  }

  private static Inspection inspection() {
    Collection messages =
        new Collection(
            "messages",
            List.of(
                new Field(
                    "id", LogicalType.INT64, "INTEGER", false, null, Field.Generation.IDENTITY),
                Field.of("body", LogicalType.DYNAMIC, "TEXT", true),
                new Field(
                    "size",
                    LogicalType.INT64,
                    "INTEGER",
                    true,
                    new Field.Default(null, "length(body)"),
                    Field.Generation.COMPUTED)),
            List.of("id"),
            List.of(List.of("id", "body")),
            List.of(
                new ForeignKey(
                    "",
                    List.of("id"),
                    "agents",
                    List.of("id"),
                    ForeignKey.Action.SET_NULL,
                    ForeignKey.Action.NO_ACTION,
                    false)),
            List.of(new Index("by_body", List.of(new Index.Column("body", true)), false, "", "")),
            List.of("id > 0"),
            List.of("messages_ai"),
            null,
            3,
            100);
    Collection links =
        Collection.of("links", List.of(Field.of("to", LogicalType.TEXT, "TEXT", true)), List.of())
            .withEstimates(1_000_000, -1);
    return new Inspection(
        "sqlite:a.db",
        new Catalog(
            "SQLite 3.54.1",
            List.of(messages, links),
            List.of(new Catalog.LeftOut("messages_fts", "a full-text index", false))),
        capabilities(),
        Map.of(
            "messages",
            List.of(
                profile(
                    batch -> {
                      batch.putInt64(1);
                      batch.putInt64(2);
                      batch.putInt64(30);
                    }),
                profile(
                    batch -> {
                      batch.putText("a\0b");
                      batch.putInt64(5);
                      batch.putNull();
                    })),
            "links",
            List.of(profile(batch -> batch.putText("x")))),
        List.of("links"),
        Map.of(
            "links",
            Map.of(
                "to",
                new FoundModel(
                    Map.of(new EmbeddingModel("nomic", 256, "abab"), 12L),
                    false,
                    "model beside it, in 12 records"))),
        List.of(new Finding("JOURNAL", "The file has a journal beside it.", "close it", true)));
  }

  private static Capabilities capabilities() {
    return new Capabilities(
        true,
        Capabilities.Transactions.BATCH,
        Capabilities.Reading.SNAPSHOT,
        Capabilities.LedgerPlace.TARGET,
        Capabilities.Visibility.BATCH,
        Capabilities.Keys.OPTIONAL,
        Capabilities.Relationships.FOREIGN_KEYS,
        Capabilities.Documents.FLAT,
        Capabilities.Vectors.TYPED,
        16_000,
        0,
        new MemoryAdapter(MemoryForm.RELATIONAL, Capabilities.Transactions.BATCH)
            .capabilities()
            .types());
  }

  @Test
  void aStoreIsShownWithItsTypesItsCountsAndWhatIsOdd() {
    new InspectionReport(inspection()).print(recorded.text()::result);

    recorded.isAsIn("inspect.txt", 0);
  }

  @Test
  void inJsonAStoreIsOneObject() {
    recorded.json().jsonLines().line("inspection", new InspectionReport(inspection())::write);

    assertThat(recorded.lines()).hasSize(1);
    JsonNode messages = recorded.lastLine().path("collections").get(0);
    assertThat(messages.path("records").asLong()).isEqualTo(3);
    assertThat(messages.path("counted").asBoolean()).isTrue();
    JsonNode id = messages.path("fields").get(0);
    assertThat(id.path("min").asLong()).isEqualTo(1);
    assertThat(id.path("max").asLong()).isEqualTo(30);
    JsonNode body = messages.path("fields").get(1);
    assertThat(body.path("type").asText()).isEqualTo("dynamic");
    assertThat(body.path("native").asText()).isEqualTo("TEXT");
    assertThat(body.path("nullable").asBoolean()).isTrue();
    assertThat(body.path("nulls").asLong()).isEqualTo(1);
    assertThat(body.path("kinds").toString()).isEqualTo("{\"int64\":1,\"text\":1}");
    assertThat(body.path("nulInText").asLong()).isEqualTo(1);
    assertThat(messages.path("fields").get(2).has("kinds")).isFalse();
    assertThat(messages.path("foreignKeys").get(0).path("onDelete").asText()).isEqualTo("set null");
    JsonNode links = recorded.lastLine().path("collections").get(1);
    assertThat(links.path("records").asLong()).isEqualTo(1_000_000);
    assertThat(links.path("sampled").asBoolean()).isTrue();
    assertThat(recorded.lastLine().path("leftOut").get(0).path("name").asText())
        .isEqualTo("messages_fts");
    assertThat(recorded.lastLine().path("findings").get(0).path("blocking").asBoolean()).isTrue();
  }

  @Test
  void storesShowWhatTheyCanDo() {
    List<StoreAdapter> stores = List.of(new Stand());

    recorded.text().results(StoresReport.lines(stores));
    recorded.isAsIn("stores.txt", 0);

    Recorded json = new Recorded();
    json.json().jsonLines().line("stores", to -> StoresReport.write(to, stores));
    JsonNode store = json.lastLine().path("stores").get(0);
    assertThat(store.path("schemes").toString()).isEqualTo("[\"stand\",\"stand+s\"]");
    assertThat(store.path("longestVector").asInt()).isEqualTo(16_000);
  }

  private static final class Stand implements StoreAdapter {
    @Override
    public String type() {
      return "stand";
    }

    @Override
    public List<String> schemes() {
      return List.of("stand", "stand+s");
    }

    @Override
    public Capabilities capabilities() {
      return InspectionReportTest.capabilities();
    }

    @Override
    public Store openSource(StoreUrl url, Workspace workspace) {
      throw new UnsupportedOperationException();
    }

    @Override
    public TargetStore openTarget(StoreUrl url, Workspace workspace) {
      throw new UnsupportedOperationException();
    }
  }
}
