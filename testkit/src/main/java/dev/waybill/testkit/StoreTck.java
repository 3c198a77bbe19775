package dev.waybill.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.fail;

import dev.waybill.model.BucketDigest;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Catalog;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.Field;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Index;
import dev.waybill.model.KeyText;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.model.Triggers;
import dev.waybill.model.TypeTable;
import dev.waybill.model.WaybillException;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Ledger.BeforeImage;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.ReferringCollection;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import dev.waybill.spi.Violation;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The laws that every store keeps. An adapter's test extends this class and says where an empty
 * store is; no law is skipped: where the store's {@link Capabilities} deny something, the law is
 * that it is refused properly.
 *
 * <p>The central law: what is written is read back equal, or the store's {@link TypeTable} said
 * before that it would not be.
 */
public abstract class StoreTck {
  private static final String RUN = "run-1";
  private static final String OTHER = "run-2";

  @TempDir Path folder;
  private Trial trial;

  /**
   * An empty store of the kind under test, another one for each call.
   *
   * @param directory a folder of the test's own, removed afterwards
   */
  protected abstract TckStore freshStore(Path directory);

  /**
   * True for a store whose records are seen by others only once a run finishes: files that are made
   * beside and renamed. The laws then finish after each step.
   */
  protected boolean isSeenOnceFinished() {
    return false;
  }

  @BeforeEach
  void openFreshStore() {
    trial = new Trial(freshStore(folder), folder.resolve("workspace"), isSeenOnceFinished());
  }

  @AfterEach
  void removeStore() {
    trial.remove();
  }

  @Nested
  class Describing {
    @Test
    void aNewTargetIsEmptyAndOpeningItCreatesNothing() {
      boolean before = trial.isThere();

      try (TargetStore target = trial.openTarget()) {
        assertThat(target.catalog().collections()).isEmpty();
        assertThat(target.findings()).noneMatch(finding -> finding.isBlocking());
      }

      assertThat(trial.isThere()).isEqualTo(before);
    }

    @Test
    void capabilitiesDoNotContradictThemselves() {
      Capabilities can = trial.can();
      TypeTable.Placement vector = can.types().place(LogicalType.vector(LogicalType.FLOAT32, 3));

      assertThat(can.canWrite()).isTrue();
      if (can.vectors() == Capabilities.Vectors.TYPED) {
        assertThat(can.longestVector()).isPositive();
        assertThat(vector.stored().kind()).isEqualTo(Kind.VECTOR);
      } else {
        assertThat(vector.verdict()).isNotEqualTo(TypeTable.Verdict.EXACT);
      }
      assertThat(can.types().longestName()).isGreaterThanOrEqualTo(30);
    }

    @Test
    void everyTypeHasAPlaceOrAReasonWhyNot() {
      for (LogicalType type : Corpus.types()) {
        TypeTable.Placement placement = trial.can().types().place(type);

        switch (placement.verdict()) {
          case EXACT -> assertThat(placement.stored().kind()).isEqualTo(type.kind());
          case ENCODED, PARTIAL, REFUSED ->
              assertThat(placement.note()).as("the note on " + type).isNotEmpty();
        }
        assertThat(trial.can().types().place(type)).isEqualTo(placement);
      }
    }

    @Test
    void theCatalogShowsACollectionAsItWasCreated() {
      List<Field> fields = new ArrayList<>();
      boolean hasVector = false;
      for (LogicalType type : Corpus.types()) {
        boolean isVector = type.kind() == Kind.VECTOR;
        // Where each record has its vector there is no room for another.
        if (placed(type) && !(isVector && hasVector && trial.needsVector())) {
          hasVector |= isVector;
          fields.add(trial.field("f" + fields.size(), type, true));
        }
      }
      Collection created = trial.keyed("things", fields.toArray(new Field[0]));

      trial.settle(created);

      Collection shown = trial.described("things");
      assertThat(shown.writtenNames()).isEqualTo(created.writtenNames());
      assertThat(shown.key()).isEqualTo(created.key());
      for (int i = 0; i < created.fields().size(); i++) {
        Field field = shown.fields().get(i);
        assertThat(field.type()).as(field.name()).isEqualTo(created.fields().get(i).type());
      }
      assertThat(trial.catalog().collections()).hasSize(1);
    }

    @Test
    void theCatalogShowsConstraintsAndIndexesAfterFinish() {
      Collection parents = trial.people("parents");
      Collection children =
          trial
              .keyed(
                  "children",
                  trial.field("parent", LogicalType.TEXT, true),
                  trial.field("nick", LogicalType.TEXT, true))
              .withConstraints(
                  List.of(List.of("nick", "parent")),
                  List.of(foreignKey("children_parent", "parent", "parents")),
                  List.of(
                      new Index(
                          "children_by_nick",
                          List.of(new Index.Column("nick", true)),
                          false,
                          "",
                          "")));
      if (!hasForeignKeys()) {
        assertRefused(children);
        return;
      }

      trial.in(
          RUN,
          session -> {
            session.create(parents);
            session.create(children);
            session.finish(List.of(parents, children), List.of());
            return null;
          });

      Collection shown = trial.described("children");
      assertThat(shown.uniqueSets()).containsExactly(List.of("nick", "parent"));
      assertThat(shown.foreignKeys()).hasSize(1);
      assertThat(shown.foreignKeys().get(0).fields()).containsExactly("parent");
      assertThat(shown.foreignKeys().get(0).targetCollection()).isEqualTo("parents");
      assertThat(shown.foreignKeys().get(0).targetFields()).containsExactly("id");
      assertThat(shown.foreignKeys().get(0).onDelete()).isEqualTo(ForeignKey.Action.CASCADE);
      assertThat(shown.indexes())
          .filteredOn(index -> !index.isUnique())
          .singleElement()
          .satisfies(
              index -> assertThat(index.columns()).containsExactly(new Index.Column("nick", true)));
    }

    @Test
    void theCatalogShowsDefaultsNullsAndIdentity() {
      if (!hasForeignKeys()) {
        return;
      }
      Field number = trial.field("number", LogicalType.INT64, false);
      Field title = trial.field("title", LogicalType.TEXT, false);
      Collection created =
          Collection.of(
              "notes",
              List.of(
                  new Field(
                      "number",
                      number.type(),
                      number.nativeType(),
                      false,
                      null,
                      Field.Generation.IDENTITY),
                  new Field(
                      "title",
                      title.type(),
                      title.nativeType(),
                      false,
                      new Field.Default("it's new", ""),
                      Field.Generation.NONE)),
              List.of("number"));
      RecordBatch records = Trial.batch(created);
      records.putInt64(7);
      records.putText("a");

      trial.settle(created, records);

      Collection shown = trial.described("notes");
      assertThat(shown.fields().get(0).generation()).isEqualTo(Field.Generation.IDENTITY);
      assertThat(shown.fields().get(1).isNullable()).isFalse();
      Field.Default shownDefault = shown.fields().get(1).defaultValue();
      assertThat(shownDefault).isNotNull().extracting(Field.Default::literal).isEqualTo("it's new");
    }

    @Test
    void strangeNamesAreOrdinaryNames() {
      List<String> names =
          List.of(
              "select",
              "Order By",
              "it's",
              "a \"quoted\" name",
              "semi;colon -- comment",
              "dot.ted",
              "ümläut 表 👍",
              "CamelCase",
              "camelcase2",
              "`tick`",
              "[bracket]",
              "$1 ? :x %s {y}");
      int possible = 0;
      for (String name : names) {
        Collection collection = trial.keyed(name, trial.field(name + "!", LogicalType.TEXT, true));
        TypeTable types = trial.can().types();
        if (types.collectionNameFault(name) != null || types.nameFault(name + "!") != null) {
          assertRefused(collection);
          continue;
        }
        possible++;
        RecordBatch records = Trial.batch(collection);
        records.putText("1");
        records.putText(name);
        Trial.rest(collection, records, 2, 1);

        trial.settle(collection, records);

        RecordBatch read = trial.readAll(trial.described(name));
        assertThat(read.records()).as(name).isEqualTo(1);
        assertThat(read.textAt(read.at(0, 1))).isEqualTo(name);
      }
      assertThat(possible).isPositive();
      assertThat(trial.catalog().collections()).hasSize(possible);
    }

    @Test
    void namesAsLongAsAllowedStayApart() {
      int longest = Math.min(200, trial.can().types().longestName());
      for (String last : List.of("a", "b")) {
        String name = "n".repeat(longest - 1) + last;
        Collection collection = trial.keyed(name, trial.field(name, LogicalType.TEXT, true));

        trial.settle(collection);

        assertThat(trial.described(name).writtenNames()).contains(name);
      }
    }
  }

  @Nested
  class Reading {
    @TestFactory
    Stream<DynamicTest> everyValueComesBackAsItWasWritten() {
      return Corpus.types().stream()
          .filter(StoreTck.this::placed)
          .map(type -> DynamicTest.dynamicTest(type.toString(), () -> valuesComeBack(type)));
    }

    @Test
    void nothingEmptyAndBlankStayApart() {
      Collection people = trial.people("people");
      RecordBatch records = Trial.batch(people);
      String[] names = {null, "", " ", "null"};
      for (int i = 0; i < names.length; i++) {
        records.putText(Trial.id(i));
        if (names[i] == null) {
          records.putNull();
        } else {
          records.putText(names[i]);
        }
        records.putNull();
        Trial.rest(people, records, 3, i);
      }

      trial.settle(people, records);

      RecordBatch read = trial.readAll(trial.described("people"));
      Map<String, Integer> found = Trial.byFirstField(read);
      for (int i = 0; i < names.length; i++) {
        int record = found.getOrDefault(Trial.id(i), -1);
        int at = read.at(record, 1);
        assertThat(read.isMissingAt(at) ? null : read.textAt(at)).isEqualTo(names[i]);
        assertThat(read.isMissingAt(read.at(record, 2))).isTrue();
      }
    }

    @Test
    void chunksCoverACollectionExactlyOnce() {
      Collection people = trial.people("people");
      RecordBatch records = trial.somePeople(people, 0, 120, 1);
      trial.settle(people, records);
      Collection shown = trial.described("people");

      try (Store source = trial.openSource();
          Snapshot snapshot = source.snapshot()) {
        for (int size : new int[] {1, 7, 50, 120, 1000}) {
          List<Chunk> chunks = snapshot.chunks(shown, size);
          RecordBatch all = Trial.readAll(snapshot, shown, size);

          assertThat(chunks).extracting(Chunk::ordinal).isEqualTo(countingTo(chunks.size()));
          assertThat(chunks).isEqualTo(snapshot.chunks(shown, size));
          assertThat(Trial.byFirstField(all)).hasSize(120);
          assertThat(Trial.digestOf(all).isEqual(Trial.digestOf(records))).isTrue();
        }
      }
    }

    @Test
    void aChunkIsReadInTheSameOrderEachTime() {
      Collection people = trial.people("people");
      trial.settle(people, trial.somePeople(people, 0, 90, 1));
      Collection shown = trial.described("people");

      try (Store source = trial.openSource();
          Snapshot snapshot = source.snapshot()) {
        for (Chunk chunk : snapshot.chunks(shown, 40)) {
          RecordBatch first = Trial.batch(shown);
          RecordBatch second = Trial.batch(shown);
          Trial.drain(snapshot.read(shown, chunk), first);
          Trial.drain(snapshot.read(shown, chunk), second);

          assertThat(keys(first)).isEqualTo(keys(second));
        }
      }
    }

    @Test
    void anEmptyCollectionHasAChunkWithoutRecords() {
      Collection people = trial.people("people");
      trial.settle(people);
      Collection shown = trial.described("people");

      try (Store source = trial.openSource();
          Snapshot snapshot = source.snapshot()) {
        assertThat(snapshot.chunks(shown, 10)).isNotEmpty();
        assertThat(Trial.readAll(snapshot, shown, 10).records()).isZero();
        assertThat(snapshot.count(shown)).isZero();
      }
    }

    @Test
    void aReaderKeepsToTheLimitsOfABatch() {
      Collection people = trial.people("people");
      trial.settle(people, trial.somePeople(people, 0, 20, 1));
      Collection shown = trial.described("people");

      try (Store source = trial.openSource();
          Snapshot snapshot = source.snapshot();
          RecordReader reader = snapshot.read(shown, snapshot.chunks(shown, 1000).get(0))) {
        RecordBatch batch = Trial.batch(shown);
        assertThat(reader.read(batch, 7, 1 << 20)).isTrue();
        assertThat(batch.records()).isEqualTo(7);
        batch.clear();
        assertThat(reader.read(batch, 7, 1)).isTrue();
        assertThat(batch.records()).isEqualTo(1);
        batch.clear();
        assertThat(reader.read(batch, 100, 1 << 20)).isTrue();
        assertThat(batch.records()).isEqualTo(12);
        batch.clear();
        assertThat(reader.read(batch, 100, 1 << 20)).isFalse();
        assertThat(batch.records()).isZero();
      }
    }

    @Test
    void fieldsAreReadInTheOrderAsked() {
      Collection people = trial.people("people");
      trial.settle(people, trial.somePeople(people, 3, 4, 1));
      Collection shown = trial.described("people");
      Collection turned = shown.withFields(List.of(shown.fields().get(1), shown.fields().get(0)));

      RecordBatch read = trial.readAll(turned);

      assertThat(read.width()).isEqualTo(2);
      assertThat(read.textAt(read.at(0, 0))).isEqualTo("name 3 v1");
      assertThat(read.textAt(read.at(0, 1))).isEqualTo(Trial.id(3));
    }

    @Test
    void theStoresOwnCountAgrees() {
      Collection people = trial.people("people");
      trial.settle(people, trial.somePeople(people, 0, 33, 1));

      try (Store source = trial.openSource();
          Snapshot snapshot = source.snapshot()) {
        assertThat(snapshot.count(trial.described("people"))).isEqualTo(33);
      }
    }

    @Test
    void laterWritesAreNotSeenOrNoticed() {
      Collection people = trial.people("people");
      trial.settle(people, trial.somePeople(people, 0, 10, 1));
      Collection shown = trial.described("people");

      try (Store source = trial.openSource();
          Snapshot snapshot = source.snapshot()) {
        RecordBatch before = Trial.readAll(snapshot, shown, 4);
        assertThat(snapshot.hasMoved()).isFalse();
        boolean isWritten = writeUnlessBusy(people, trial.somePeople(people, 10, 15, 1));

        RecordBatch after = Trial.readAll(snapshot, shown, 4);
        boolean isSame = Trial.digestOf(before).isEqual(Trial.digestOf(after));
        if (trial.can().reading() == Capabilities.Reading.SNAPSHOT) {
          assertThat(isSame).isTrue();
          assertThat(snapshot.count(shown)).isEqualTo(10);
        } else {
          assertThat(isSame || snapshot.hasMoved()).isTrue();
          assertThat(!isWritten || snapshot.hasMoved()).isTrue();
        }
      }
    }

    /** A store may keep writers out while it is read, if it says so as something that passes. */
    private boolean writeUnlessBusy(Collection people, RecordBatch records) {
      try {
        trial.in(OTHER, session -> Trial.put(session, people, records, ConflictPolicy.FAIL, 0));
        return true;
      } catch (StoreException busy) {
        assertThat(busy.isTransient()).as(busy.getMessage()).isTrue();
        return false;
      }
    }

    @Test
    void readersOfOneSnapshotWorkInParallel() throws Exception {
      Collection people = trial.people("people");
      RecordBatch records = trial.somePeople(people, 0, 400, 1);
      trial.settle(people, records);
      Collection shown = trial.described("people");

      try (Store source = trial.openSource();
          Snapshot snapshot = source.snapshot()) {
        BucketDigest sum = new BucketDigest(16);
        inParallel(
            snapshot.chunks(shown, 50),
            chunk -> {
              RecordBatch some = Trial.batch(shown);
              Trial.drain(snapshot.read(shown, chunk), some);
              sum.add(Trial.digestOf(some));
            });
        assertThat(sum.isEqual(Trial.digestOf(records))).isTrue();
      }
    }

    @Test
    void whatIsNotThereCannotBeRead() {
      Collection people = trial.people("people");
      trial.settle(people);

      try (Store source = trial.openSource();
          Snapshot snapshot = source.snapshot()) {
        Collection missing = trial.people("nobody");
        assertThatThrownBy(() -> Trial.readAll(snapshot, missing, 10))
            .isInstanceOf(StoreException.class);
      }
    }
  }

  @Nested
  class Keys {
    @Test
    void lookupFindsExactlyTheKeysAsked() {
      Collection people = trial.people("people");
      trial.settle(people, trial.somePeople(people, 0, 50, 1));
      Collection shown = trial.described("people");
      RecordBatch keys = new RecordBatch(1);
      for (int number : new int[] {3, 49, 50, 0, 777, 3}) {
        keys.putText(Trial.id(number));
      }

      assertThat(keys(lookup(shown, keys))).containsExactlyInAnyOrder("p00003", "p00049", "p00000");
      assertThat(lookup(shown, new RecordBatch(1)).records()).isZero();
    }

    @Test
    void keysThatLookAlikeAreDifferentKeys() {
      Collection people = trial.people("people");
      List<String> names =
          new ArrayList<>(
              List.of("a", "A", "a ", " a", "á", "a\u0301", "1", "01", "1.0", "%", "_", "'"));
      if (holdsAnEmptyKey(people)) {
        names.add("");
      }
      RecordBatch records = Trial.batch(people);
      for (String name : names) {
        records.putText(name);
        records.putText(name);
        records.putNull();
        Trial.rest(people, records, 3, 1);
      }
      trial.settle(people, records);
      Collection shown = trial.described("people");

      assertThat(keys(trial.readAll(shown))).containsExactlyInAnyOrderElementsOf(names);
      for (String name : names) {
        RecordBatch key = new RecordBatch(1);
        key.putText(name);
        assertThat(keys(lookup(shown, key))).containsExactly(name);
      }
    }

    /** True if the store holds such a record; else it refuses it. */
    private boolean holdsAnEmptyKey(Collection people) {
      Collection others = trial.people("others");
      RecordBatch records = Trial.batch(others);
      records.putText("");
      records.putText("nobody");
      records.putNull();
      Trial.rest(people, records, 3, 1);
      Throwable thrown =
          catchThrowable(() -> trial.in(OTHER, session -> Trial.load(session, others, records)));
      if (thrown != null) {
        assertRefusedRecord(thrown, 0);
      }
      return thrown == null;
    }

    @Test
    void compositeKeysAreFoundAsAWhole() {
      Collection visits = visits();
      if (trial.can().keys() == Capabilities.Keys.REQUIRED && isRefused(visits)) {
        return;
      }
      RecordBatch records = Trial.batch(visits);
      for (int i = 0; i < 20; i++) {
        visit(visits, records, i % 5, i / 5, "note " + i);
      }
      trial.settle(visits, records);
      Collection shown = trial.described("visits");
      RecordBatch keys = new RecordBatch(2);
      keys.putText(Trial.id(2));
      Trial.putNumber(visits.writtenFields().get(1), keys, 3);
      keys.putText(Trial.id(2));
      Trial.putNumber(visits.writtenFields().get(1), keys, 9);

      assertThat(shown.key()).containsExactly("person", "day");
      RecordBatch found = lookup(shown, keys);
      assertThat(found.records()).isEqualTo(1);
      assertThat(found.textAt(found.at(0, 2))).isEqualTo("note 17");
      assertThat(Trial.digestOf(trial.readAll(shown)).isEqual(Trial.digestOf(records))).isTrue();
    }

    @Test
    void equalRecordsWithoutKeyAllArrive() {
      Collection log = log();
      if (trial.can().keys() == Capabilities.Keys.REQUIRED) {
        assertRefused(log);
        return;
      }
      RecordBatch records = Trial.batch(log);
      for (int i = 0; i < 30; i++) {
        line(log, records, i, "line " + i % 7);
      }

      trial.settle(log, records);

      Collection shown = trial.described("log");
      assertThat(shown.hasKey()).isFalse();
      assertThat(trial.digestNow("log").count()).isEqualTo(30);
      assertThat(trial.digestNow("log").isEqual(digestOfLines(log, records))).isTrue();
      try (Store source = trial.openSource();
          Snapshot snapshot = source.snapshot()) {
        assertThat(Trial.readAll(snapshot, shown, 4).records()).isEqualTo(30);
        assertThat(snapshot.count(shown)).isEqualTo(30);
      }
    }
  }

  @Nested
  class Writing {
    @Test
    void aBatchAndItsMarkAreOneAtom() {
      Collection people = trial.people("people");
      trial.settle(people, trial.somePeople(people, 5, 6, 1));
      BucketDigest before = trial.digestNow("people");
      RecordBatch records = trial.somePeople(people, 0, 10, 2);

      trial.in(
          RUN,
          session -> {
            Throwable thrown =
                catchThrowable(() -> Trial.put(session, people, records, ConflictPolicy.FAIL, 0));
            assertRefusedRecord(thrown, 5);
            assertThat(session.ledger().marks()).isEmpty();
            return null;
          });

      assertThat(trial.digestNow("people").isEqual(before)).isTrue();
      trial.in(
          RUN,
          session -> {
            assertThat(session.ledger().marks()).isEmpty();
            try (Ledger.BeforeImages images = session.ledger().beforeImages("people")) {
              assertThat(images.next(10)).isEmpty();
            }
            return null;
          });
    }

    @Test
    void marksOutliveTheSession() {
      Collection people = trial.people("people");

      Outcome outcome =
          trial.in(RUN, session -> Trial.load(session, people, trial.somePeople(people, 0, 4, 1)));

      trial.in(
          RUN,
          session -> {
            Ledger.MarkedBatch marked =
                session.ledger().marked(Trial.mark(people, 0)).orElseThrow();
            assertThat(session.ledger().marks()).containsExactly(marked);
            assertThat(marked.outcome()).isEqualTo(outcome);
            assertThat(marked.content())
                .isEqualTo(
                    ChangeBatch.puts(
                            trial.somePeople(people, 0, 4, 1),
                            Trial.digests(trial.somePeople(people, 0, 4, 1)))
                        .content());
            assertThat(marked.at()).isAfter(Instant.EPOCH);
            assertThat(session.ledger().marked(Trial.mark(people, 1))).isEmpty();
            return null;
          });
      trial.in(
          OTHER,
          session -> {
            assertThat(session.ledger().marks()).isEmpty();
            assertThat(session.ledger().notes()).isEmpty();
            return null;
          });
      assertThat(trial.catalog().collections()).hasSize(1);
    }

    @Test
    void aChunkThatIsUnmarkedLeavesTheOthersMarked() {
      Collection people = trial.people("people");
      trial.in(
          RUN,
          session -> {
            Trial.load(session, people, trial.somePeople(people, 0, 4, 1));
            Mark other = new Mark("people", 1, 0, 0, false);
            session
                .ledger()
                .mark(new Ledger.MarkedBatch(other, Outcome.NOTHING, RecordDigest.ZERO));
            session
                .ledger()
                .mark(
                    new Ledger.MarkedBatch(
                        new Mark("people", 1, 7, 0, true), Outcome.NOTHING, RecordDigest.ZERO));

            session.ledger().unmark("people", 1);

            assertThat(session.ledger().marks())
                .extracting(Ledger.MarkedBatch::mark)
                .containsExactly(Trial.mark(people, 0));
            session.ledger().unmark("people", 0);
            assertThat(session.ledger().marks()).isEmpty();
            return null;
          });
    }

    @Test
    void aMarkMayBeRepeatedBecauseALostConnectionDoesNotTellWhetherItWent() {
      Collection people = trial.people("people");
      Ledger.MarkedBatch batch =
          new Ledger.MarkedBatch(Trial.mark(people, 0), Outcome.NOTHING, RecordDigest.ZERO);

      trial.in(
          OTHER,
          session -> {
            session.ledger().mark(batch);
            session.ledger().mark(batch);
            assertThat(session.ledger().marks()).hasSize(1);
            return null;
          });
    }

    @Test
    void aRunThatWasBegunForTheFirstTimeLeavesNothingOnceForgotten() {
      boolean wasThere = trial.isThere();

      trial.in(
          RUN,
          session -> {
            assertThat(session.isNew()).isEqualTo(isKeptInTarget() || !wasThere);
            return null;
          });
      trial.in(
          RUN,
          session -> {
            assertThat(session.isNew()).isFalse();
            session.restore();
            session.ledger().forget();
            return null;
          });

      assertThat(trial.isThere()).isEqualTo(wasThere);
      trial.in(
          RUN,
          session -> {
            assertThat(session.isNew()).isEqualTo(isKeptInTarget() || !wasThere);
            return null;
          });
    }

    private boolean isKeptInTarget() {
      return trial.can().ledger() == Capabilities.LedgerPlace.TARGET;
    }

    @Test
    void whatOneRunHoldsAnotherIsRefusedUntilItIsLetGo() {
      try (TargetStore first = trial.openTarget();
          TargetStore second = trial.openTarget();
          TargetStore.Hold hold = first.hold(Set.of("people", "others"))) {
        assertThatThrownBy(() -> second.hold(Set.of("more", "people")))
            .isInstanceOfSatisfying(
                SpecException.class,
                busy -> {
                  assertThat(busy.code()).isEqualTo("TARGET_IS_BUSY");
                  assertThat(busy).hasMessageContaining("people");
                });
        second.hold(Set.of("more")).close();
        hold.renew();
        hold.close();
        second.hold(Set.of("more", "people")).close();
      }
    }

    @Test
    void puttingTheSameAgainChangesNothing() {
      Collection people = trial.people("people");
      RecordBatch records = trial.somePeople(people, 0, 12, 1);
      trial.settle(people, records);

      Outcome again =
          trial.in(OTHER, session -> Trial.put(session, people, records, ConflictPolicy.FAIL, 0));

      assertThat(again).isEqualTo(new Outcome(0, 0, 12, 0, 0, new RecordDigest(0, 0)));
      assertThat(trial.digestNow("people").isEqual(Trial.digestOf(records))).isTrue();
    }

    @Test
    void skipKeepsWhatIsThere() {
      Collection people = trial.people("people");
      trial.settle(people, trial.somePeople(people, 0, 5, 1));

      Outcome outcome =
          trial.in(
              RUN,
              session ->
                  Trial.put(
                      session, people, trial.somePeople(people, 3, 9, 2), ConflictPolicy.SKIP, 0));

      assertThat(outcome.inserted()).isEqualTo(4);
      assertThat(outcome.skipped()).isEqualTo(2);
      assertThat(nameOf(3)).isEqualTo("name 3 v1");
      assertThat(nameOf(8)).isEqualTo("name 8 v2");
    }

    @Test
    void skippedRecordsAreSummed() {
      Collection people = trial.people("people");
      trial.settle(people, trial.somePeople(people, 0, 3, 1));
      RecordBatch records = trial.somePeople(people, 1, 5, 2);

      Outcome outcome =
          trial.in(RUN, session -> Trial.put(session, people, records, ConflictPolicy.SKIP, 0));

      assertThat(outcome.skipped()).isEqualTo(2);
      assertThat(outcome.skippedSum()).isEqualTo(sumOf(records.slice(0, 2)));
      assertThat(outcome.sum()).isEqualTo(sumOf(records.slice(2, 4)));
    }

    @Test
    void overwriteReplacesAndAddsUp() {
      Collection people = trial.people("people");
      trial.settle(people, trial.somePeople(people, 0, 6, 1));
      RecordBatch records = trial.somePeople(people, 0, 2, 1);
      RecordBatch changed = trial.somePeople(people, 2, 9, 2);
      for (int i = 0; i < changed.records(); i++) {
        records.putRecord(changed, i);
      }

      Outcome outcome =
          trial.in(
              RUN, session -> Trial.put(session, people, records, ConflictPolicy.OVERWRITE, 0));

      assertThat(outcome).isEqualTo(new Outcome(3, 4, 2, 0, 0, Trial.digestOf(changed).sum()));
      assertThat(trial.digestNow("people").isEqual(Trial.digestOf(records))).isTrue();
    }

    @Test
    void newerTakesTheGreaterOnly() {
      Collection people = trial.people("people");
      RecordBatch old = Trial.batch(people);
      RecordBatch fresh = Trial.batch(people);
      for (int i = 0; i < 3; i++) {
        trial.person(people, old, i, "old", 10);
        trial.person(people, fresh, i, "fresh", 9 + i);
      }
      trial.settle(people, old);

      Outcome outcome =
          trial.in(
              RUN,
              session -> Trial.put(session, people, fresh, ConflictPolicy.parse("newer:age"), 0));

      assertThat(outcome.updated()).isEqualTo(1);
      assertThat(outcome.skipped()).isEqualTo(2);
      assertThat(nameOf(0)).isEqualTo("old");
      assertThat(nameOf(1)).isEqualTo("old");
      assertThat(nameOf(2)).isEqualTo("fresh");
    }

    @Test
    void deleteRemovesExactlyTheKeysAsked() {
      Collection people = trial.people("people");
      trial.settle(people, trial.somePeople(people, 0, 6, 1));
      RecordBatch keys = new RecordBatch(1);
      for (int number : new int[] {1, 4, 99}) {
        keys.putText(Trial.id(number));
      }

      Outcome outcome = trial.in(RUN, session -> Trial.delete(session, people, keys, 0));

      assertThat(outcome.deleted()).isEqualTo(2);
      assertThat(outcome.unchanged()).isEqualTo(1);
      assertThat(trial.digestNow("people").count()).isEqualTo(4);
      assertThat(keys(trial.readAll(trial.described("people"))))
          .doesNotContain(Trial.id(1), Trial.id(4));
    }

    /** Takes what is handed over, and looks what the store shows to others then. */
    private final class Kept implements Overwritten {
      private RecordBatch records = new RecordBatch(1);
      private BucketDigest shown = new BucketDigest(1);
      private boolean isFull;

      @Override
      public Optional<Collection> whole(Collection written) {
        return Optional.of(written);
      }

      @Override
      public void keep(Collection whole, RecordBatch old) {
        if (isFull) {
          throw new StoreException("FULL", "There is no room.", "", false, null);
        }
        shown = trial.digestNow(whole.name());
        records = new RecordBatch(old.width());
        for (int i = 0; i < old.records(); i++) {
          records.putRecord(old, i);
        }
      }
    }

    @Test
    void whatIsOverwrittenOrDeletedIsHandedOverWhileOthersStillSeeIt() {
      Collection people = trial.people("people");
      trial.settle(people, trial.somePeople(people, 0, 6, 1));
      BucketDigest before = trial.digestNow("people");
      RecordBatch coming = trial.somePeople(people, 2, 4, 2);
      RecordBatch equal = trial.somePeople(people, 4, 6, 1);
      RecordBatch fresh = trial.somePeople(people, 6, 9, 1);
      for (RecordBatch each : List.of(equal, fresh)) {
        for (int i = 0; i < each.records(); i++) {
          coming.putRecord(each, i);
        }
      }
      Kept kept = new Kept();

      trial.in(
          RUN,
          session ->
              Trial.put(
                  session, people, coming, ConflictPolicy.OVERWRITE, Trial.mark(people, 0), kept));

      assertThat(kept.shown.isEqual(before)).isTrue();
      assertThat(
              Trial.digestOf(kept.records)
                  .isEqual(Trial.digestOf(trial.somePeople(people, 2, 4, 1))))
          .isTrue();
      BucketDigest between = trial.digestNow("people");
      RecordBatch gone = new RecordBatch(1);
      gone.putText(Trial.id(0));
      gone.putText(Trial.id(99));
      trial.in(RUN, session -> Trial.delete(session, people, gone, 1, kept));
      assertThat(kept.shown.isEqual(between)).isTrue();
      assertThat(
              Trial.digestOf(kept.records)
                  .isEqual(Trial.digestOf(trial.somePeople(people, 0, 1, 1))))
          .isTrue();
    }

    @Test
    void aBatchIsNotWrittenIfWhatItOverwritesCannotBeKept() {
      Collection people = trial.people("people");
      trial.settle(people, trial.somePeople(people, 0, 6, 1));
      BucketDigest before = trial.digestNow("people");
      Kept kept = new Kept();
      kept.isFull = true;

      trial.in(
          RUN,
          session -> {
            Throwable thrown =
                catchThrowable(
                    () ->
                        Trial.put(
                            session,
                            people,
                            trial.somePeople(people, 4, 9, 2),
                            ConflictPolicy.OVERWRITE,
                            Trial.mark(people, 0),
                            kept));
            assertThat(thrown).isInstanceOf(StoreException.class).hasMessageContaining("no room");
            assertThat(session.ledger().marks()).isEmpty();
            return null;
          });

      assertThat(trial.digestNow("people").isEqual(before)).isTrue();
    }

    @Test
    void nothingIsHandedOverOfWhatStaysOrIsNewOrIsTakenBack() {
      Collection people = trial.people("people");
      trial.settle(people, trial.somePeople(people, 0, 6, 1));
      Kept kept = new Kept();
      kept.isFull = true;

      trial.in(
          RUN,
          session -> {
            RecordBatch same = trial.somePeople(people, 0, 6, 1);
            Trial.put(session, people, same, ConflictPolicy.OVERWRITE, Trial.mark(people, 0), kept);
            RecordBatch some = trial.somePeople(people, 4, 8, 2);
            Trial.put(session, people, some, ConflictPolicy.SKIP, Trial.mark(people, 1), kept);
            Mark undo = new Mark("people", 0, 0, 0, true);
            RecordBatch others = trial.somePeople(people, 0, 2, 2);
            Outcome outcome =
                Trial.put(session, people, others, ConflictPolicy.OVERWRITE, undo, kept);
            assertThat(outcome.updated()).isEqualTo(2);
            return null;
          });
    }

    @Test
    void equalKeysInOneRunAreNeverMerged() {
      Collection people = trial.people("people");
      RecordBatch records = trial.somePeople(people, 0, 3, 1);
      records.putRecord(trial.somePeople(people, 1, 2, 2), 0);

      Throwable thrown =
          catchThrowable(() -> trial.in(RUN, session -> Trial.load(session, people, records)));

      assertThat(thrown).isInstanceOf(DataException.class);
    }

    @Test
    void creatingAgainIsHarmlessAndNotedOnce() {
      Collection people = trial.people("people");

      trial.in(
          RUN,
          session -> {
            session.create(people);
            session.create(people);
            return null;
          });
      trial.in(
          RUN,
          session -> {
            session.create(people);
            assertThat(session.ledger().notes())
                .filteredOn(note -> note.what() == Ledger.Note.What.COLLECTION_CREATED)
                .extracting(Ledger.Note::name)
                .containsExactly("people");
            return null;
          });
    }

    @Test
    void aCollectionThatIsThereIsNotCreatedAnew() {
      Collection people = trial.people("people");
      trial.settle(people, trial.somePeople(people, 0, 3, 1));

      Throwable thrown =
          catchThrowable(
              () ->
                  trial.in(
                      RUN,
                      session -> {
                        session.create(people);
                        return null;
                      }));

      assertThat(thrown).isInstanceOf(StoreException.class);
      assertThat(trial.digestNow("people").count()).isEqualTo(3);
    }

    @Test
    void writersInParallelWriteEverythingOnce() throws Exception {
      Collection people = trial.people("people");
      List<Integer> batches = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        batches.add(i);
      }

      try (TargetStore target = trial.openTarget();
          TargetSession session = trial.begin(target, RUN)) {
        session.create(people);
        inParallel(
            batches,
            batch -> {
              RecordBatch records = trial.somePeople(people, batch * 20, batch * 20 + 20, 1);
              Trial.put(session, people, records, ConflictPolicy.FAIL, batch);
            });
        session.finish(List.of(people), List.of());
        assertThat(session.ledger().marks()).hasSize(24);
      }

      assertThat(
              trial
                  .digestNow("people")
                  .isEqual(Trial.digestOf(trial.somePeople(people, 0, 480, 1))))
          .isTrue();
    }

    @Test
    void uniqueSetsHold() {
      Collection people = trial.people("people");
      Collection unique = people.withConstraints(List.of(List.of("name")), List.of(), List.of());
      RecordBatch records = Trial.batch(people);
      trial.person(people, records, 1, "same", 1);
      trial.person(people, records, 2, "same", 2);

      Throwable thrown =
          catchThrowable(() -> trial.in(RUN, session -> Trial.load(session, unique, records)));

      assertThat(thrown).isInstanceOf(WaybillException.class);
      if (!isUnsupported(thrown)) {
        assertThat(thrown).isInstanceOf(DataException.class);
      }
    }

    @Test
    void nullWhereNoneMayBeIsRefused() {
      Collection strict = trial.keyed("strict", trial.field("name", LogicalType.TEXT, false));
      RecordBatch records = Trial.batch(strict);
      records.putText("1");
      records.putNull();
      Trial.rest(strict, records, 2, 1);
      trial.settle(strict);
      if (trial.described("strict").fields().get(1).isNullable()) {
        return;
      }

      Throwable thrown =
          catchThrowable(
              () ->
                  trial.in(
                      RUN, session -> Trial.put(session, strict, records, ConflictPolicy.FAIL, 0)));

      assertRefusedRecord(thrown, 0);
      assertThat(trial.digestNow("strict").count()).isZero();
    }

    @Test
    void onlyWhatTheTypeTableSaysCannotBeHeldIsRefused() {
      byte[] broken = {'a', (byte) 0xC3, 0x28, (byte) 0xED, (byte) 0xA0, (byte) 0x80};
      assertHeld(TypeTable.Trait.NUL_IN_TEXT, LogicalType.TEXT, batch -> batch.putText("a\0b"));
      assertHeld(TypeTable.Trait.INVALID_UTF8, LogicalType.TEXT, batch -> batch.putText(broken));
      byte[] half = {'a', (byte) 0xED, (byte) 0xA0, (byte) 0x80, 'b'};
      assertHeld(TypeTable.Trait.LONE_SURROGATE, LogicalType.TEXT, batch -> batch.putText(half));
      assertHeld(TypeTable.Trait.NAN, LogicalType.FLOAT64, batch -> batch.putFloat64(Double.NaN));
      assertHeld(
          TypeTable.Trait.INFINITY,
          LogicalType.FLOAT64,
          batch -> batch.putFloat64(Double.NEGATIVE_INFINITY));
    }

    private void assertHeld(TypeTable.Trait trait, LogicalType type, Consumer<RecordBatch> value) {
      Collection things =
          trial.keyed(trial.named("with " + trait), trial.field("value", type, true));
      if (things.fields().get(1).type().kind() != type.kind()) {
        return;
      }
      RecordBatch records = Trial.batch(things);
      records.putText("1");
      value.accept(records);
      Trial.rest(things, records, 2, 1);

      Throwable thrown =
          catchThrowable(
              () -> trial.in("run " + trait, session -> Trial.load(session, things, records)));

      if (trial.can().types().cannotHold().contains(trait)) {
        assertRefusedRecord(thrown, 0);
      } else {
        assertThat(thrown).as(trait.name()).isNull();
        assertThat(trial.digestNow(things.name()).isEqual(Trial.digestOf(records)))
            .as(trait.name())
            .isTrue();
      }
    }

    @Test
    void finishMayBeRepeated() {
      Collection people = trial.people("people");
      RecordBatch records = trial.somePeople(people, 0, 3, 1);

      trial.in(RUN, session -> Trial.load(session, people, records));
      trial.in(
          RUN,
          session -> {
            session.finish(List.of(people), List.of());
            session.finish(List.of(people), List.of());
            return null;
          });

      assertThat(trial.digestNow("people").isEqual(Trial.digestOf(records))).isTrue();
    }
  }

  @Nested
  class Relationships {
    @Test
    void foreignKeysMayPointInCircles() {
      if (!hasForeignKeys()) {
        Collection refused =
            trial
                .people("people")
                .withConstraints(List.of(), List.of(foreignKey("f", "name", "people")), List.of());
        assertRefused(refused);
        return;
      }
      Collection a = pointing("a", "b", true);
      Collection b = pointing("b", "a", false);
      RecordBatch as = pointers(a, 0, 5, 2);
      RecordBatch bs = pointers(b, 0, 5, 3);

      trial.in(
          RUN,
          session -> {
            session.create(a);
            session.create(b);
            Trial.put(session, a, as, ConflictPolicy.FAIL, 0);
            Trial.put(session, b, bs, ConflictPolicy.FAIL, 0);
            session.finish(List.of(a, b), List.of());
            return null;
          });

      assertThat(trial.digestNow("a").isEqual(Trial.digestOf(as))).isTrue();
      assertThat(trial.digestNow("b").isEqual(Trial.digestOf(bs))).isTrue();
      assertThat(trial.described("a").foreignKeys()).hasSize(2);
    }

    @Test
    void aForeignKeyThatPointsNowhereIsRefused() {
      if (!hasForeignKeys()) {
        return;
      }
      Collection self = pointing("self", "self", false);
      RecordBatch records = Trial.batch(self);
      records.putText(Trial.id(1));
      records.putText(Trial.id(77));
      records.putNull();

      Throwable thrown =
          catchThrowable(() -> trial.in(RUN, session -> Trial.load(session, self, records)));

      assertThat(thrown).isInstanceOf(DataException.class);
    }

    @Test
    void recordsThatPointNowhereAreNamedWithThoseThatPointAtThem() {
      if (!hasForeignKeys()) {
        return;
      }
      Collection tree = pointing("tree", "tree", false);
      RecordBatch records = Trial.batch(tree);
      int[] parents = {-1, 0, 9, 2, 3, 1, 4, -1};
      for (int i = 0; i < parents.length; i++) {
        records.putText(Trial.id(i));
        if (parents[i] < 0) {
          records.putNull();
        } else {
          records.putText(Trial.id(parents[i]));
        }
        records.putNull();
      }

      trial.in(
          RUN,
          session -> {
            session.create(tree);
            Trial.put(session, tree, records, ConflictPolicy.FAIL, 0);

            assertThat(violating(session, tree, Violation.Rule.FOREIGN_KEY))
                .containsExactlyInAnyOrder(Trial.id(2), Trial.id(3), Trial.id(4), Trial.id(6));
            assertThat(violating(session, tree, Violation.Rule.UNIQUE)).isEmpty();
            assertThat(violating(session, tree, Violation.Rule.KEY)).isEmpty();
            return null;
          });
    }

    @Test
    void whatIsTakenOutStandsInTheWayNoMore() {
      if (!hasForeignKeys()) {
        return;
      }
      Collection self = pointing("self", "self", false);
      RecordBatch records = pointers(self, 0, 5, 5);
      records.putText(Trial.id(7));
      records.putText(Trial.id(77));
      records.putNull();

      trial.in(
          RUN,
          session -> {
            session.create(self);
            Trial.put(session, self, records, ConflictPolicy.FAIL, 0);
            Throwable refused = catchThrowable(() -> session.finish(List.of(self), List.of()));
            assertThat(refused).isInstanceOf(DataException.class);
            ChangeBatch out =
                new ChangeBatch(
                    ChangeBatch.ChangeKind.DELETE,
                    textKeys(Trial.id(7)),
                    null,
                    new RecordDigest[] {Trial.digests(records)[5]});
            Outcome outcome;
            try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
              outcome =
                  writer.apply(
                      self, out, ConflictPolicy.FAIL, new Mark("self", 1 << 30, 0, 0, false));
            }
            assertThat(outcome.deleted()).isEqualTo(1);
            session.finish(List.of(self), List.of());
            assertThat(violating(session, self, Violation.Rule.FOREIGN_KEY)).isEmpty();
            return null;
          });

      assertThat(trial.digestNow("self").isEqual(Trial.digestOf(records.slice(0, 5)))).isTrue();
      assertThat(trial.described("self").foreignKeys()).hasSize(1);
    }

    @Test
    void ofRecordsThatAreAlikeAllButTheFirstAreNamed() {
      if (!hasForeignKeys()) {
        return;
      }
      Index unique =
          new Index("people_by_name", List.of(new Index.Column("name", false)), true, "", "");
      Collection people =
          trial.people("people").withConstraints(List.of(), List.of(), List.of(unique));
      RecordBatch records = Trial.batch(people);
      String[] names = {null, "Ada", null, "Bob", "Ada", "Ada", "Cyd", "Bob"};
      for (int i = 0; i < names.length; i++) {
        records.putText(Trial.id(i));
        if (names[i] == null) {
          records.putNull();
        } else {
          records.putText(names[i]);
        }
        Trial.putNumber(people.writtenFields().get(2), records, i);
        Trial.rest(people, records, 3, i);
      }

      trial.in(
          RUN,
          session -> {
            session.create(people);
            Trial.put(session, people, records, ConflictPolicy.FAIL, 0);

            assertThat(violating(session, people, Violation.Rule.UNIQUE))
                .containsExactlyInAnyOrder(Trial.id(4), Trial.id(5), Trial.id(7));
            return null;
          });
    }

    @Test
    void whoHasEnoughIsToldNoMore() {
      if (!hasForeignKeys()) {
        return;
      }
      Collection self = pointing("self", "self", false);
      RecordBatch records = Trial.batch(self);
      for (int i = 0; i < 2500; i++) {
        records.putText(Trial.id(i));
        records.putText(Trial.id(i + 5000));
        records.putNull();
      }

      trial.in(
          RUN,
          session -> {
            session.create(self);
            Trial.put(session, self, records, ConflictPolicy.FAIL, 0);
            List<Violation> told = new ArrayList<>();

            session.violations(
                self,
                Violation.Rule.FOREIGN_KEY,
                found -> {
                  told.add(found);
                  return false;
                });

            assertThat(told).hasSize(1);
            assertThat(told.get(0).records().records()).isBetween(1, 1000);
            return null;
          });
    }

    private List<String> violating(
        TargetSession session, Collection collection, Violation.Rule rule) {
      List<String> keys = new ArrayList<>();
      session.violations(
          collection,
          rule,
          found -> {
            assertThat(found.isWhole()).isFalse();
            for (int i = 0; i < found.records().records(); i++) {
              keys.add(found.records().textAt(found.records().at(i, 0)));
            }
            return true;
          });
      return keys;
    }

    private RecordBatch textKeys(String... keys) {
      RecordBatch batch = new RecordBatch(1);
      for (String key : keys) {
        batch.putText(key);
      }
      return batch;
    }

    @Test
    void parallelRelationshipsAndSelfLoopsAllArrive() {
      Collection people = trial.people("people");
      Collection knows = knows("id", Field.Generation.NONE);
      if (!hasEdges()) {
        if (trial.can().relationships() == Capabilities.Relationships.NONE) {
          trial.settle(people);
          assertRefused(knows);
        }
        return;
      }
      RecordBatch edges = edges(knows, Trial::id);

      trial.in(
          RUN,
          session -> {
            Trial.load(session, people, trial.somePeople(people, 0, 4, 1));
            return Trial.load(session, knows, edges);
          });

      Collection shown = trial.described("knows");
      assertThat(shown.isRelationship()).isTrue();
      assertThat(trial.digestNow("knows").isEqual(Trial.digestOf(edges))).isTrue();
    }

    @Test
    void aRelationshipToNothingIsRefused() {
      if (!hasEdges()) {
        return;
      }
      Collection people = trial.people("people");
      Collection knows = knows("id", Field.Generation.NONE);
      RecordBatch edges = edges(knows, number -> number == 3 ? "nobody" : Trial.id(number));

      Throwable thrown =
          catchThrowable(
              () ->
                  trial.in(
                      RUN,
                      session -> {
                        Trial.load(session, people, trial.somePeople(people, 0, 4, 1));
                        return Trial.load(session, knows, edges);
                      }));

      assertThat(thrown).isInstanceOf(DataException.class);
    }

    @Test
    void recordsWithoutKeyAreJoinedByTheirHandles() {
      Collection log = log();
      if (trial.can().keys() != Capabilities.Keys.HANDLES) {
        List<Field> withHandle = new ArrayList<>(log.fields());
        withHandle.add(handle("handle"));
        assertRefused(Collection.of("log", withHandle, List.of()));
        return;
      }
      Collection knows = knows("log", Field.Generation.HANDLE);
      RecordBatch lines = Trial.batch(log);
      for (int i = 0; i < 4; i++) {
        line(log, lines, 900 + i, "line " + i / 2);
      }
      RecordBatch edges = edges(knows, number -> Long.toString(900 + number));

      trial.in(
          RUN,
          session -> {
            session.create(log);
            session.create(knows);
            return Trial.put(session, log, lines, ConflictPolicy.FAIL, 0);
          });
      trial.in(
          RUN,
          session -> {
            Trial.put(session, knows, edges, ConflictPolicy.FAIL, 0);
            session.finish(List.of(log, knows), List.of());
            return null;
          });

      RecordBatch read = trial.readAll(trial.described("knows"));
      assertThat(read.records()).isEqualTo(edges.records());
      assertThat(trial.digestNow("knows").isEqual(digestOfEdges(knows, edges, log, lines)))
          .isTrue();
    }
  }

  @Nested
  class VectorLaws {
    @Test
    void aVectorOfAnotherDimensionIsRefused() {
      if (trial.can().vectors() != Capabilities.Vectors.TYPED) {
        return;
      }
      Collection things =
          trial.keyed(
              "things", trial.field("embedding", LogicalType.vector(LogicalType.FLOAT32, 3), true));
      for (int dimension : new int[] {1, 2, 4}) {
        RecordBatch records = Trial.batch(things);
        records.putText("right");
        records.putVector(new float[] {1, 2, 3});
        records.putText("wrong");
        records.putVector(new float[dimension]);

        Throwable thrown =
            catchThrowable(
                () ->
                    trial.in(
                        "run-" + dimension,
                        session -> {
                          try {
                            return Trial.load(session, things, records);
                          } finally {
                            session.drop("things");
                            session.ledger().forget();
                          }
                        }));

        assertRefusedRecord(thrown, 1);
      }
    }

    @Test
    void aVectorLongerThanTheLongestHasNoExactPlace() {
      int longest = trial.can().longestVector();
      TypeTable.Placement placement =
          trial
              .can()
              .types()
              .place(LogicalType.vector(LogicalType.FLOAT32, longest == 0 ? 3 : longest + 1));

      if (placement.verdict() != TypeTable.Verdict.REFUSED) {
        assertThat(placement.verdict()).isNotEqualTo(TypeTable.Verdict.EXACT);
        assertThat(placement.stored().kind()).isNotEqualTo(Kind.VECTOR);
      }
    }

    @Test
    void theLongestVectorComesBackBitForBit() {
      if (trial.can().vectors() != Capabilities.Vectors.TYPED) {
        return;
      }
      int longest = Math.min(20_000, trial.can().longestVector());
      Collection things =
          trial.keyed(
              "things",
              trial.field("embedding", LogicalType.vector(LogicalType.FLOAT32, longest), true));
      float[] elements = new float[longest];
      for (int i = 0; i < longest; i++) {
        elements[i] = (float) Math.sin(i) / 3;
      }
      RecordBatch records = Trial.batch(things);
      records.putText("1");
      records.putVector(elements);

      trial.settle(things, records);

      assertThat(trial.digestNow("things").isEqual(Trial.digestOf(records))).isTrue();
    }
  }

  @Nested
  class Refusing {
    @Test
    void anAbsentFieldStaysAbsentOrIsRefused() {
      Collection people = trial.people("people");
      RecordBatch records = Trial.batch(people);
      records.putText("1");
      records.putAbsent();
      records.putNull();
      Trial.rest(people, records, 3, 1);

      Throwable thrown =
          catchThrowable(() -> trial.in(RUN, session -> Trial.load(session, people, records)));

      if (trial.can().documents() == Capabilities.Documents.NESTED) {
        assertThat(thrown).isNull();
        assertThat(trial.digestNow("people").isEqual(Trial.digestOf(records))).isTrue();
      } else {
        assertRefusedRecord(thrown, 0);
      }
    }

    @Test
    void aValueOfAnotherKindIsRefusedOrKeptAsItIs() {
      Collection people = trial.people("people");
      RecordBatch records = Trial.batch(people);
      records.putText("1");
      records.putText("a");
      records.putBytes(new byte[] {1, 2});
      Trial.rest(people, records, 3, 1);

      Throwable thrown =
          catchThrowable(() -> trial.in(RUN, session -> Trial.load(session, people, records)));

      if (thrown == null) {
        assertThat(trial.digestNow("people").isEqual(Trial.digestOf(records))).isTrue();
        return;
      }
      assertRefusedRecord(thrown, 0);
    }

    @Test
    void aRecordBeyondTheLimitIsRefused() {
      long largest = trial.can().largestRecord();
      if (largest == 0 || largest > 1 << 28) {
        return;
      }
      Collection people = trial.people("people");
      RecordBatch records = Trial.batch(people);
      records.putText("1");
      records.putText("x".repeat((int) largest));
      records.putNull();
      Trial.rest(people, records, 3, 1);

      Throwable thrown =
          catchThrowable(() -> trial.in(RUN, session -> Trial.load(session, people, records)));

      assertRefusedRecord(thrown, 0);
    }

    @Test
    void aMessageHoldsACodeAndNoValues() {
      Collection people = trial.people("people");
      RecordBatch records = Trial.batch(people);
      trial.person(people, records, 1, "t0p-s3cret", 1);
      trial.settle(people, trial.somePeople(people, 1, 2, 1));

      Throwable thrown =
          catchThrowable(
              () ->
                  trial.in(
                      RUN, session -> Trial.put(session, people, records, ConflictPolicy.FAIL, 0)));

      assertThat(thrown)
          .isInstanceOfSatisfying(
              DataException.class, refusal -> assertThat(refusal.code()).matches("[A-Z][A-Z0-9_]+"))
          .message()
          .isNotEmpty()
          .doesNotContain("t0p-s3cret");
    }
  }

  @Nested
  class Undoing {
    @Test
    void beforeImagesComeNewestFirstAndOneKindAtATime() {
      Collection people = trial.people("people");
      RecordBatch old = trial.somePeople(people, 0, 3, 1);
      trial.settle(people, old);
      RecordBatch fresh = trial.somePeople(people, 10, 13, 1);
      RecordBatch changed = trial.somePeople(people, 1, 3, 2);

      trial.in(
          RUN,
          session -> {
            Trial.put(session, people, fresh, ConflictPolicy.OVERWRITE, 0);
            Trial.put(session, people, changed, ConflictPolicy.OVERWRITE, 1);
            return null;
          });

      trial.in(
          RUN,
          session -> {
            try (Ledger.BeforeImages images = session.ledger().beforeImages("people")) {
              List<BeforeImage> updated = images.next(100);
              List<BeforeImage> inserted = images.next(2);
              List<BeforeImage> last = images.next(100);
              assertThat(updated).hasSize(2);
              assertThat(inserted).hasSize(2);
              assertThat(last).hasSize(1);
              assertThat(images.next(100)).isEmpty();
              assertImages(updated, BeforeImage.Change.UPDATED, old.slice(1, 3), changed);
              inserted = new ArrayList<>(inserted);
              inserted.addAll(last);
              RecordBatch ids = new RecordBatch(1);
              for (int i = 0; i < 3; i++) {
                fresh.project(i, new int[] {0}, ids);
              }
              assertImages(inserted, BeforeImage.Change.INSERTED, ids, fresh);
            }
            return null;
          });
    }

    @Test
    void undoGivesBackTheFirstStateAndMayBeRepeated() {
      Collection people = trial.people("people");
      trial.settle(people, trial.somePeople(people, 0, 20, 1));
      BucketDigest first = trial.digestNow("people");
      RecordBatch keys = new RecordBatch(1);
      keys.putText(Trial.id(0));
      keys.putText(Trial.id(5));

      trial.in(
          RUN,
          session -> {
            ConflictPolicy overwrite = ConflictPolicy.OVERWRITE;
            Trial.put(session, people, trial.somePeople(people, 3, 8, 2), overwrite, 0);
            Trial.put(session, people, trial.somePeople(people, 8, 30, 1), overwrite, 1);
            Trial.delete(session, people, keys, 2);
            Trial.put(session, people, trial.somePeople(people, 25, 35, 3), overwrite, 3);
            return null;
          });
      assertThat(trial.digestNow("people").isEqual(first)).isFalse();

      Outcome undone = trial.in(RUN, session -> Trial.undo(session, people, ConflictPolicy.FAIL));

      assertThat(trial.digestNow("people").isEqual(first)).isTrue();
      assertThat(undone.deleted()).isEqualTo(15);
      assertThat(undone.inserted()).isEqualTo(2);
      assertThat(undone.skipped()).isZero();
      trial.in(
          RUN,
          session -> {
            assertThat(session.ledger().marks()).anyMatch(marked -> marked.mark().isUndo());
            session.restore();
            session.ledger().forget();
            return null;
          });
      assertThat(trial.digestNow("people").isEqual(first)).isTrue();
    }

    @Test
    void recordsWithoutKeyAreUndone() {
      if (trial.can().keys() == Capabilities.Keys.REQUIRED) {
        return;
      }
      Collection log = log();
      RecordBatch old = Trial.batch(log);
      RecordBatch more = Trial.batch(log);
      for (int i = 0; i < 6; i++) {
        line(log, old, i, "line " + i % 2);
        line(log, more, 100 + i, "line " + i % 3);
      }
      trial.settle(log, old);
      BucketDigest first = trial.digestNow("log");
      Collection shown = trial.described("log");

      trial.in(RUN, session -> Trial.put(session, shown, more, ConflictPolicy.FAIL, 0));
      assertThat(trial.digestNow("log").count()).isEqualTo(12);
      Outcome undone = trial.in(RUN, session -> Trial.undo(session, shown, ConflictPolicy.FAIL));

      assertThat(undone.deleted()).isEqualTo(6);
      assertThat(trial.digestNow("log").isEqual(first)).isTrue();
    }

    @Test
    void aRecordThatSomebodyElseChangedStandsInTheWay() {
      Collection people = trial.people("people");
      trial.settle(people);
      trial.in(
          RUN,
          session ->
              Trial.put(
                  session, people, trial.somePeople(people, 0, 3, 1), ConflictPolicy.FAIL, 0));
      trial.in(
          OTHER,
          session ->
              Trial.put(
                  session, people, trial.somePeople(people, 1, 2, 9), ConflictPolicy.OVERWRITE, 0));
      BucketDigest before = trial.digestNow("people");

      Throwable thrown =
          catchThrowable(
              () -> trial.in(RUN, session -> Trial.undo(session, people, ConflictPolicy.FAIL)));
      assertThat(thrown).isInstanceOf(DataException.class);
      assertThat(trial.digestNow("people").isEqual(before)).isTrue();

      Outcome kept = trial.in(RUN, session -> Trial.undo(session, people, ConflictPolicy.SKIP));
      assertThat(kept.skipped()).isEqualTo(1);
      assertThat(kept.deleted()).isEqualTo(2);
      assertThat(keys(trial.readAll(trial.described("people")))).containsExactly(Trial.id(1));
    }

    @Test
    void aMadeCollectionIsDroppedOnlyIfItHoldsWhatIsExpected() {
      Collection people = trial.people("people");
      RecordBatch records = trial.somePeople(people, 0, 5, 1);
      RecordDigest sum = sumOf(records);
      RecordBatch added = trial.somePeople(people, 7, 8, 1);
      trial.in(RUN, session -> Trial.load(session, people, records));

      assertThat(dropped(people, 4, sum)).isFalse();
      assertThat(dropped(people, 5, sum.plus(new RecordDigest(0, 1)))).isFalse();
      trial.in(OTHER, session -> Trial.put(session, people, added, ConflictPolicy.FAIL, 0));
      assertThat(dropped(people, 5, sum)).isFalse();
      assertThat(trial.digestNow("people").count()).isEqualTo(6);

      RecordBatch changed = trial.somePeople(people, 4, 5, 2);
      RecordBatch key = new RecordBatch(1);
      key.putText(Trial.id(7));
      trial.in(OTHER, session -> Trial.delete(session, people, key, 1));
      trial.in(OTHER, session -> Trial.put(session, people, changed, ConflictPolicy.OVERWRITE, 2));
      assertThat(dropped(people, 5, sum)).isFalse();
      assertThat(trial.digestNow("people").count()).isEqualTo(5);

      trial.in(
          OTHER,
          session -> Trial.put(session, people, records.slice(4, 5), ConflictPolicy.OVERWRITE, 3));
      assertThat(dropped(people, 5, sum)).isTrue();
      assertThat(trial.catalog().collections()).isEmpty();
      assertThat(dropped(people, 5, sum)).isTrue();
    }

    /** ADR 17: parts of a sidecar are made by several runs and go with the last. */
    @Test
    void whatAnotherRunMadeIsDroppedByOneThatNotesItAsMadeToo() {
      Collection people = trial.people("people");
      RecordBatch records = trial.somePeople(people, 0, 3, 1);
      trial.in(OTHER, session -> Trial.load(session, people, records));
      trial.in(
          RUN,
          session -> {
            session
                .ledger()
                .note(
                    new Ledger.Note(Ledger.Note.What.COLLECTION_CREATED, "people", "with others"));
            return null;
          });

      assertThat(dropped(people, 0, RecordDigest.ZERO)).isFalse();
      assertThat(trial.readAll(people).records()).isEqualTo(3);
      assertThat(dropped(people, 3, sumOf(records))).isTrue();
      assertThat(trial.catalog().collection("people")).isEmpty();
    }

    @Test
    void anotherRunsCollectionIsNotDroppedHoweverEqual() {
      Collection people = trial.people("people");
      RecordBatch records = trial.somePeople(people, 0, 3, 1);
      trial.settle(people, records);

      Throwable thrown = catchThrowable(() -> dropped(people, 3, sumOf(records)));

      assertThat(thrown).isInstanceOf(WaybillException.class);
      assertThat(trial.digestNow("people").count()).isEqualTo(3);
    }

    @Test
    void aMadeCollectionThatSomebodyElsesPointsAtIsNotDropped() {
      if (!hasForeignKeys()) {
        return;
      }
      Collection parents = trial.people("parents");
      Collection children = pointing("children", "parents", false);
      RecordBatch records = trial.somePeople(parents, 0, 2, 1);
      trial.in(RUN, session -> Trial.load(session, parents, records));
      trial.in(OTHER, session -> Trial.load(session, children));

      assertThat(dependents("parents")).hasSize(1).allMatch(each -> each.contains("children"));
      assertThat(dropped(parents, 2, sumOf(records))).isFalse();
      assertThat(trial.digestNow("parents").count()).isEqualTo(2);

      trial.in(
          OTHER,
          session -> {
            session.drop("children");
            return null;
          });
      assertThat(dependents("parents")).isEmpty();
      assertThat(dropped(parents, 2, sumOf(records))).isTrue();
    }

    private List<String> dependents(String collection) {
      return trial.in(RUN, session -> session.dependents(collection));
    }

    @Test
    void madeCollectionsThatPointAtEachOtherAreDropped() {
      if (!hasForeignKeys()) {
        return;
      }
      Collection a = pointing("a", "b", true);
      Collection b = pointing("b", "a", false);
      RecordBatch inA = pointers(a, 0, 4, 1);
      RecordBatch inB = pointers(b, 0, 4, 0);
      trial.in(
          RUN,
          session -> {
            session.create(a);
            session.create(b);
            Trial.put(session, a, inA, ConflictPolicy.FAIL, 0);
            Trial.put(session, b, inB, ConflictPolicy.FAIL, 0);
            session.finish(List.of(a, b), List.of());
            return null;
          });

      assertThat(dependents("a")).isEmpty();
      assertThat(dependents("b")).isEmpty();
      assertThat(dropped(b, 4, sumOf(inB))).isTrue();
      assertThat(dropped(a, 4, sumOf(inA))).isTrue();
      assertThat(trial.catalog().collections()).isEmpty();
    }

    @Test
    void undoingNeverTakesARecordThatSomebodyElseRefersTo() {
      if (!hasForeignKeys()) {
        return;
      }
      Collection parents = trial.people("parents");
      Collection children = pointing("children", "parents", false);
      trial.settle(parents, trial.somePeople(parents, 0, 2, 1));
      trial.settle(children, pointers(children, 0, 1, 0));
      trial.in(
          RUN,
          session ->
              Trial.put(
                  session, parents, trial.somePeople(parents, 5, 8, 1), ConflictPolicy.FAIL, 0));
      RecordBatch child = Trial.batch(children);
      child.putText(Trial.id(9));
      child.putText(Trial.id(6));
      child.putNull();
      trial.in(OTHER, session -> Trial.put(session, children, child, ConflictPolicy.FAIL, 0));
      BucketDigest before = trial.digestNow("parents");
      BucketDigest others = trial.digestNow("children");

      for (ConflictPolicy policy : List.of(ConflictPolicy.FAIL, ConflictPolicy.OVERWRITE)) {
        Throwable thrown =
            catchThrowable(() -> trial.in(RUN, session -> Trial.undo(session, parents, policy)));
        assertThat(thrown)
            .isInstanceOf(DataException.class)
            .hasMessageContaining("children")
            .hasMessageContaining(Trial.id(6));
        assertThat(trial.digestNow("parents").isEqual(before)).isTrue();
      }

      Outcome kept = trial.in(RUN, session -> Trial.undo(session, parents, ConflictPolicy.SKIP));
      assertThat(kept.skipped()).isEqualTo(1);
      assertThat(kept.deleted()).isEqualTo(2);
      assertThat(keys(trial.readAll(trial.described("parents"))))
          .containsExactlyInAnyOrder(Trial.id(0), Trial.id(1), Trial.id(6));
      assertThat(trial.digestNow("children").isEqual(others)).isTrue();
    }

    @Test
    void whoRefersToRecordsIsTold() {
      Collection parents = trial.people("parents");
      trial.settle(parents, trial.somePeople(parents, 0, 4, 1));
      if (!hasForeignKeys()) {
        assertThat(referring("parents", "", 0)).isEmpty();
        return;
      }
      Collection children = pointing("children", "parents", true);
      trial.settle(children, pointers(children, 0, 4, 1));
      trial.settle(pointing("others", "children", false));

      // Those asked for are 3, 9, which is not there, and 0: children 2 and 3 refer to 3 and 0.
      assertThat(referring("parents", "children", 3, 9, 0))
          .containsExactlyInAnyOrder("0 " + Trial.id(2), "2 " + Trial.id(3));
      // Within their own collection 3 refers to 2, 2 to itself, 1 to 0.
      assertThat(referring("children", "children", 0, 2))
          .containsExactlyInAnyOrder("0 " + Trial.id(1), "1 " + Trial.id(2), "1 " + Trial.id(3));
      assertThat(referring("children", "others", 0, 1, 2, 3)).isEmpty();
      assertThat(referring("parents", "others", 0)).isEmpty();
    }

    /** The position of each key that some record of another collection refers to, and its key. */
    private List<String> referring(String to, String from, int... ids) {
      List<String> found = new ArrayList<>();
      try (TargetStore store = trial.openTarget();
          Snapshot snapshot = store.snapshot()) {
        Collection target = store.catalog().collection(to).orElseThrow();
        RecordBatch keys = new RecordBatch(1);
        for (int id : ids) {
          keys.putText(Trial.id(id));
        }
        for (ReferringCollection referring : snapshot.referring(target)) {
          assertThat(referring.isInCatalog()).isTrue();
          if (referring.name().equals(from)) {
            RecordBatch batch = new RecordBatch(2);
            try (RecordReader reader = referring.read(keys, List.of("id"))) {
              while (reader.read(batch, 1, Integer.MAX_VALUE)) {
                found.add(KeyText.of(batch, 0, new int[] {0}) + " " + batch.textAt(batch.at(0, 1)));
                batch.clear();
              }
            }
          }
        }
      }
      return found;
    }

    @Test
    void recordsOfOneRunThatReferToEachOtherAreUndone() {
      if (!hasForeignKeys()) {
        return;
      }
      Collection tree = pointing("tree", "tree", false);
      trial.settle(tree, pointers(tree, 0, 1, 0));
      BucketDigest before = trial.digestNow("tree");
      trial.in(
          RUN,
          session -> {
            for (int i = 1; i < 9; i++) {
              RecordBatch record = Trial.batch(tree);
              record.putText(Trial.id(i));
              record.putText(Trial.id(i - 1));
              record.putNull();
              Trial.put(session, tree, record, ConflictPolicy.FAIL, i);
            }
            return null;
          });

      Outcome undone = trial.in(RUN, session -> Trial.undo(session, tree, ConflictPolicy.FAIL));

      assertThat(undone.deleted()).isEqualTo(8);
      assertThat(trial.digestNow("tree").isEqual(before)).isTrue();
    }

    @Test
    void anotherRunsCollectionIsNotDropped() {
      Collection people = trial.people("people");
      trial.settle(people, trial.somePeople(people, 0, 3, 1));

      Throwable thrown =
          catchThrowable(
              () ->
                  trial.in(
                      RUN,
                      session -> {
                        session.drop("people");
                        return null;
                      }));

      assertThat(thrown).isInstanceOf(WaybillException.class);
      assertThat(trial.digestNow("people").count()).isEqualTo(3);
    }

    @Test
    void afterRollbackAndForgetNothingIsLeft() {
      boolean wasThere = trial.isThere();
      Collection people = trial.people("people");
      trial.in(RUN, session -> Trial.load(session, people, trial.somePeople(people, 0, 3, 1)));

      trial.in(
          RUN,
          session -> {
            session.drop("people");
            session.restore();
            session.restore();
            session.ledger().forget();
            return null;
          });

      assertThat(trial.catalog().collections()).isEmpty();
      assertThat(trial.catalog().leftOut()).isEmpty();
      assertThat(trial.isThere()).isEqualTo(wasThere);
    }

    @Test
    void aForgottenRunIsUnknown() {
      Collection people = trial.people("people");
      trial.settle(people);
      Catalog first = trial.catalog();
      trial.in(
          RUN,
          session -> {
            Trial.load(session, trial.people("others"), trial.somePeople(people, 0, 3, 1));
            return Trial.put(
                session, people, trial.somePeople(people, 0, 3, 1), ConflictPolicy.FAIL, 9);
          });

      trial.in(
          RUN,
          session -> {
            Trial.undo(session, people, ConflictPolicy.FAIL);
            session.drop("others");
            session.restore();
            session.ledger().forget();
            return null;
          });

      trial.in(
          RUN,
          session -> {
            assertThat(session.ledger().marks()).isEmpty();
            assertThat(session.ledger().notes()).isEmpty();
            try (Ledger.BeforeImages images = session.ledger().beforeImages("people")) {
              assertThat(images.next(1)).isEmpty();
            }
            session.ledger().forget();
            return null;
          });
      assertThat(withoutEstimates(trial.catalog())).isEqualTo(withoutEstimates(first));
    }
  }

  // --- what several laws need

  private boolean placed(LogicalType type) {
    return trial.can().types().place(type).verdict() != TypeTable.Verdict.REFUSED;
  }

  private boolean hasForeignKeys() {
    return trial.can().relationships() == Capabilities.Relationships.FOREIGN_KEYS;
  }

  private boolean hasEdges() {
    return trial.can().relationships() == Capabilities.Relationships.EDGES;
  }

  private static RecordDigest sumOf(RecordBatch records) {
    return Trial.digestOf(records).sum();
  }

  private boolean dropped(Collection collection, long records, RecordDigest sum) {
    return trial.in(RUN, session -> session.dropIfStill(collection, records, sum));
  }

  private void valuesComeBack(LogicalType type) {
    TypeTable table = trial.can().types();
    TypeTable.Placement placement = table.place(type);
    LogicalType stored = placement.stored();
    TypeTable.Verdict verdict =
        placement.verdict() == TypeTable.Verdict.ENCODED
            ? table.place(stored).verdict()
            : placement.verdict();
    boolean isExact = verdict == TypeTable.Verdict.EXACT && stored.kind() != Kind.DYNAMIC;
    Collection values =
        trial.keyed(trial.named("values of " + type), trial.field("value", type, true));
    List<HardValue> hard = Corpus.of(stored);
    Set<Integer> refused = new TreeSet<>();

    trial.in(
        RUN,
        session -> {
          session.create(values);
          for (int i = 0; i < hard.size(); i++) {
            RecordBatch records = Trial.batch(values);
            records.putText(Trial.id(i));
            records.putValue(hard.get(i).value(), 0);
            Trial.rest(values, records, 2, i);
            try {
              Trial.put(session, values, records, ConflictPolicy.FAIL, i);
            } catch (DataException problem) {
              if (isExact && !lacksTrait(hard.get(i), stored)) {
                fail("the store refuses " + hard.get(i) + " though it holds " + stored, problem);
              }
              refused.add(i);
            }
          }
          session.finish(List.of(values), List.of());
          return null;
        });

    RecordBatch read = trial.readAll(trial.described(values.name()));
    Map<String, Integer> found = Trial.byFirstField(read);
    CanonicalForm canonical = new CanonicalForm();
    for (int i = 0; i < hard.size(); i++) {
      int record = found.getOrDefault(Trial.id(i), -1);
      if (refused.contains(i)) {
        assertThat(record).as("refused, and yet there: " + hard.get(i)).isEqualTo(-1);
        continue;
      }
      assertThat(lacksTrait(hard.get(i), stored)).as("not refused: " + hard.get(i)).isFalse();
      assertThat(record).as("lost: " + hard.get(i)).isNotEqualTo(-1);
      int at = read.at(record, 1);
      if (!canonical.areEqual(hard.get(i).value(), 0, read, at)) {
        fail("%s came back as %s %s", hard.get(i).name(), read.kindAt(at), KeyText.value(read, at));
      }
    }
    assertThat(refused.size()).as("all values refused").isLessThan(hard.size());
  }

  /** True for a value that the store says it cannot hold in a field of this type. */
  private boolean lacksTrait(HardValue value, LogicalType stored) {
    return trial.can().types().cannotHold().stream()
        .anyMatch(trait -> trait.concerns(stored) && value.traits().contains(trait));
  }

  private static List<Integer> countingTo(int end) {
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < end; i++) {
      numbers.add(i);
    }
    return numbers;
  }

  private static List<String> keys(RecordBatch records) {
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < records.records(); i++) {
      keys.add(records.textAt(records.at(i, 0)));
    }
    return keys;
  }

  private RecordBatch lookup(Collection collection, RecordBatch keys) {
    try (Store source = trial.openSource();
        Snapshot snapshot = source.snapshot()) {
      RecordBatch found = Trial.batch(collection);
      Trial.drain(snapshot.lookup(collection, keys), found);
      return found;
    }
  }

  private String nameOf(int number) {
    RecordBatch key = new RecordBatch(1);
    key.putText(Trial.id(number));
    RecordBatch found = lookup(trial.described("people"), key);
    assertThat(found.records()).isEqualTo(1);
    return found.textAt(found.at(0, 1));
  }

  private interface Work<T> {
    void on(T part) throws Exception;
  }

  private static <T> void inParallel(List<T> parts, Work<T> work) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(Trial.CONNECTIONS - 1);
    try {
      List<Future<?>> futures = new ArrayList<>();
      for (T part : parts) {
        futures.add(
            threads.submit(
                () -> {
                  work.on(part);
                  return null;
                }));
      }
      for (Future<?> future : futures) {
        future.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static boolean isUnsupported(@Nullable Throwable thrown) {
    return thrown instanceof WaybillException refusal && refusal.code().equals("UNSUPPORTED");
  }

  /** True if it is, properly; else it was tried with a run that is gone. */
  private boolean isRefused(Collection collection) {
    Throwable thrown =
        catchThrowable(
            () ->
                trial.in(
                    RUN,
                    session -> {
                      session.create(collection);
                      session.drop(collection.name());
                      session.ledger().forget();
                      return null;
                    }));
    assertThat(thrown == null || isUnsupported(thrown)).as("UNSUPPORTED, not " + thrown).isTrue();
    return thrown != null;
  }

  private void assertRefused(Collection collection) {
    List<Collection> before = trial.catalog().collections();

    Throwable thrown =
        catchThrowable(
            () ->
                trial.in(
                    RUN,
                    session -> {
                      session.create(collection);
                      return null;
                    }));

    assertThat(isUnsupported(thrown)).as("UNSUPPORTED, not " + thrown).isTrue();
    assertThat(trial.catalog().collections()).hasSameSizeAs(before);
  }

  private static void assertRefusedRecord(@Nullable Throwable thrown, int record) {
    assertThat(thrown)
        .isInstanceOfSatisfying(
            DataException.class, refusal -> assertThat(refusal.record()).isIn(-1, record));
  }

  /** Same records, in any order, each with the digest of what the run wrote. */
  private static void assertImages(
      List<BeforeImage> images,
      BeforeImage.Change change,
      RecordBatch before,
      RecordBatch written) {
    assertThat(images).extracting(BeforeImage::change).containsOnly(change);
    RecordBatch kept = new RecordBatch(before.width());
    for (BeforeImage image : images) {
      kept.putRecord(image.record());
    }
    assertThat(Trial.digestOf(kept).isEqual(Trial.digestOf(before))).isTrue();
    assertThat(images)
        .extracting(BeforeImage::written)
        .containsExactlyInAnyOrder(
            Stream.of(Trial.digests(written)).map(RecordDigest::toString).toArray(String[]::new));
  }

  private static List<Collection> withoutEstimates(Catalog catalog) {
    return catalog.collections().stream().map(each -> each.withEstimates(-1, -1)).toList();
  }

  private static ForeignKey foreignKey(String name, String field, String target) {
    return new ForeignKey(
        name,
        List.of(field),
        target,
        List.of("id"),
        ForeignKey.Action.CASCADE,
        ForeignKey.Action.NO_ACTION,
        false);
  }

  private Collection visits() {
    return Collection.of(
        "visits",
        List.of(
            trial.field("person", LogicalType.TEXT, false),
            trial.field("day", LogicalType.INT64, false),
            trial.field("note", LogicalType.TEXT, true)),
        List.of("person", "day"));
  }

  private static void visit(Collection visits, RecordBatch into, int person, int day, String note) {
    into.putText(Trial.id(person));
    Trial.putNumber(visits.writtenFields().get(1), into, day);
    into.putText(note);
  }

  /** A collection without key; where records have handles, with one. */
  private Collection log() {
    List<Field> fields = new ArrayList<>();
    if (trial.can().keys() == Capabilities.Keys.HANDLES) {
      fields.add(handle("handle"));
    }
    fields.add(trial.field("line", LogicalType.TEXT, true));
    return Collection.of("log", fields, List.of());
  }

  private Field handle(String name) {
    Field plain = trial.field(name, LogicalType.INT64, false);
    return new Field(name, plain.type(), plain.nativeType(), false, null, Field.Generation.HANDLE);
  }

  private static void line(Collection log, RecordBatch into, long handle, String line) {
    if (log.fields().size() == 2) {
      into.putInt64(handle);
    }
    into.putText(line);
  }

  private static BucketDigest digestOfLines(Collection log, RecordBatch records) {
    RecordBatch plain = new RecordBatch(records.width());
    for (int i = 0; i < records.records(); i++) {
      for (int field = 0; field < records.width(); field++) {
        if (log.fields().get(field).generation() == Field.Generation.HANDLE) {
          plain.putNull();
        } else {
          plain.putValue(records, records.at(i, field));
        }
      }
    }
    return Trial.digestOf(plain);
  }

  private Collection pointing(String name, String target, boolean alsoToItself) {
    List<ForeignKey> foreignKeys = new ArrayList<>();
    foreignKeys.add(foreignKey(name + "_" + target, "other", target));
    if (alsoToItself) {
      foreignKeys.add(foreignKey(name + "_itself", "self", name));
    }
    return trial
        .keyed(
            name,
            trial.field("other", LogicalType.TEXT, true),
            trial.field("self", LogicalType.TEXT, true))
        .withConstraints(List.of(), foreignKeys, List.of());
  }

  private static RecordBatch pointers(Collection collection, int from, int to, int step) {
    RecordBatch records = Trial.batch(collection);
    for (int i = from; i < to; i++) {
      records.putText(Trial.id(i));
      records.putText(Trial.id((i + step) % to));
      if (i == 0) {
        records.putNull();
      } else {
        records.putText(Trial.id(i % 2 == 0 ? i : i - 1));
      }
    }
    return records;
  }

  /** Relationships without key between people, or between lines of the log by their handles. */
  private Collection knows(String ends, Field.Generation generation) {
    boolean isHandle = generation == Field.Generation.HANDLE;
    String nodes = isHandle ? ends : "people";
    Collection plain =
        Collection.of(
            "knows",
            List.of(
                isHandle ? handle("from") : trial.field("from", LogicalType.TEXT, false),
                isHandle ? handle("to") : trial.field("to", LogicalType.TEXT, false),
                trial.field("how", LogicalType.TEXT, true)),
            List.of());
    return new Collection(
        plain.name(),
        plain.fields(),
        plain.key(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        new Collection.Endpoints(nodes, List.of("from"), nodes, List.of("to")),
        -1,
        -1);
  }

  /** Parallel, equal, opposite and self-pointing relationships between four records. */
  private static RecordBatch edges(Collection knows, java.util.function.IntFunction<String> end) {
    boolean isHandle = knows.fields().get(0).generation() == Field.Generation.HANDLE;
    RecordBatch edges = Trial.batch(knows);
    int[][] pairs = {{0, 1}, {0, 1}, {0, 1}, {1, 0}, {2, 2}, {2, 2}, {3, 0}, {1, 3}};
    String[] how = {"well", "well", "badly", "well", "self", "self", "well", "well"};
    for (int i = 0; i < pairs.length; i++) {
      for (int number : pairs[i]) {
        if (isHandle) {
          edges.putInt64(Long.parseLong(end.apply(number)));
        } else {
          edges.putText(end.apply(number));
        }
      }
      edges.putText(how[i]);
    }
    return edges;
  }

  private static BucketDigest digestOfEdges(
      Collection knows, RecordBatch edges, Collection log, RecordBatch lines) {
    CanonicalForm canonical = new CanonicalForm();
    RecordBatch plain = new RecordBatch(edges.width());
    for (int i = 0; i < edges.records(); i++) {
      for (int field = 0; field < edges.width(); field++) {
        if (knows.fields().get(field).generation() == Field.Generation.HANDLE) {
          int line = (int) (edges.int64At(edges.at(i, field)) - lines.int64At(lines.at(0, 0)));
          int[] others = {log.fields().size() - 1};
          plain.putText(canonical.digest(lines, line, others).toString());
        } else {
          plain.putValue(edges, edges.at(i, field));
        }
      }
    }
    return Trial.digestOf(plain);
  }
}
