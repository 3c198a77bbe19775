package dev.waybill.stores.chroma;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.CosineForm;
import dev.waybill.model.DataException;
import dev.waybill.model.Decision;
import dev.waybill.model.Field;
import dev.waybill.model.KeyText;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Ledger.BeforeImage;
import dev.waybill.spi.Ledger.MarkedBatch;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.TargetWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides about all changes of a batch by what the server holds, makes requests of them, and only
 * then keeps before-images, writes and marks. What is broken off while it writes is written again
 * just so: by id that does no harm.
 */
final class ChromaWriter implements TargetWriter {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ChromaSession session;
  private final Ledger ledger;
  private final Overwritten overwritten;
  private final CanonicalForm canonical = new CanonicalForm();

  ChromaWriter(ChromaSession session, Ledger ledger, Overwritten overwritten) {
    this.session = session;
    this.ledger = ledger;
    this.overwritten = overwritten;
  }

  /**
   * One record as it is to be sent.
   *
   * @param vector null to leave it as it is
   * @param isAnew whether the record that is there has to go first
   */
  record Sent(
      String id,
      float @Nullable [] vector,
      JsonNode document,
      JsonNode uri,
      ObjectNode metadata,
      boolean isAnew,
      boolean isNew,
      int record) {}

  /**
   * What becomes of a batch.
   *
   * @param removed ids of records that go
   */
  record Decided(RecordDigest content, Outcome outcome, List<Sent> puts, List<String> removed) {
    boolean isNothing() {
      return puts.isEmpty() && removed.isEmpty();
    }
  }

  @Override
  public Outcome apply(
      Collection collection, ChangeBatch changes, ConflictPolicy policy, Mark mark) {
    RecordDigest content = changes.content();
    Decided known = session.brokenOff().get(mark);
    if (known == null || !known.content().equals(content)) {
      known = decided(collection, changes, policy, mark);
    }
    if (!known.isNothing()) {
      session.brokenOff().put(mark, known);
      Decided decided = known;
      session.begun(session.brought(collection), beside -> write(beside, decided));
    }
    ledger.mark(new MarkedBatch(mark, known.outcome(), content));
    session.brokenOff().remove(mark);
    return known.outcome();
  }

  /** What there is decides, and nothing is copied beside as long as nothing is to be written. */
  private Decided decided(
      Collection collection, ChangeBatch changes, ConflictPolicy policy, Mark mark) {
    Beside there = session.opened(collection);
    Batch batch = new Batch(there, collection, changes, policy, mark);
    Decided decided = batch.decided();
    if (decided.isNothing()) {
      return decided;
    }
    Beside brought = session.brought(collection);
    if (brought.found().id().equals(there.found().id())) {
      batch.keep();
      return decided;
    }
    Batch again = new Batch(brought, collection, changes, policy, mark);
    Decided onceMore = again.decided();
    again.keep();
    return onceMore;
  }

  private void write(Beside beside, Decided decided) {
    FoundCollection found = beside.found();
    List<String> going = new ArrayList<>(decided.removed());
    List<String> made = new ArrayList<>();
    for (Sent sent : decided.puts()) {
      if (sent.isAnew()) {
        going.add(sent.id());
      }
      if (sent.isNew()) {
        made.add(sent.id());
      }
    }
    for (int i = 0; i < going.size(); i += session.api().mostAtOnce()) {
      session
          .api()
          .remove(found, going.subList(i, Math.min(going.size(), i + session.api().mostAtOnce())));
    }
    Request whole = new Request(session.api(), found, "upsert");
    Request parts = new Request(session.api(), found, "update");
    try {
      for (Sent sent : decided.puts()) {
        (sent.vector() == null ? parts : whole)
            .add(
                sent.id(),
                sent.vector(),
                sent.document(),
                sent.uri(),
                sent.metadata(),
                sent.record());
      }
      whole.end();
      parts.end();
    } catch (DataException refused) {
      // Of a batch that is refused nothing may be there.
      for (int i = 0; i < made.size(); i += session.api().mostAtOnce()) {
        session
            .api()
            .remove(found, made.subList(i, Math.min(made.size(), i + session.api().mostAtOnce())));
      }
      throw refused;
    }
  }

  /** Decides about a batch. */
  private final class Batch {
    private final Beside beside;
    private final Collection collection;
    private final ChangeBatch changes;
    private final ConflictPolicy policy;
    private final Mark mark;
    private final int[] key;
    private final List<Field> fields;
    private final Shape.Origin[] origins;
    private final Shape shape;
    private final List<Sent> puts = new ArrayList<>();
    private final List<String> removed = new ArrayList<>();
    private final List<BeforeImage> images = new ArrayList<>();
    private final @Nullable Collection whole;
    private final RecordBatch old;
    private Outcome outcome = Outcome.NOTHING;

    Batch(
        Beside opened,
        Collection collection,
        ChangeBatch changes,
        ConflictPolicy policy,
        Mark mark) {
      this.collection = collection;
      this.changes = changes;
      this.policy = policy;
      this.mark = mark;
      this.fields = collection.writtenFields();
      this.beside = isPut() ? withMissing(opened) : opened;
      this.shape = beside.shape();
      this.origins = new Shape.Origin[fields.size()];
      for (int i = 0; i < origins.length; i++) {
        origins[i] = shape.origin(fields.get(i).name());
      }
      this.key = keyPositions();
      Optional<Collection> wanted =
          mark.isUndo() ? Optional.empty() : overwritten.whole(collection);
      this.whole = wanted.orElse(null);
      this.old = new RecordBatch(whole == null ? 1 : whole.writtenFields().size());
    }

    private boolean isPut() {
      return changes.kind() == ChangeBatch.ChangeKind.PUT;
    }

    /** Where in a record, or in a record of keys, the fields of the id are. */
    private int[] keyPositions() {
      List<String> names = collection.key();
      int[] positions = new int[names.size()];
      int[] written = collection.keyPositions();
      for (int i = 0; i < positions.length; i++) {
        int inId = shape.origin(names.get(i)).position();
        positions[inId] = isPut() ? written[i] : i;
      }
      return positions;
    }

    /** Decides what it is that records lack, by those that are the first to lack a field. */
    private Beside withMissing(Beside opened) {
      if (!opened.isMade()) {
        return opened;
      }
      RecordBatch records = changes.records();
      Map<String, Description.Missing> decisions = new HashMap<>();
      for (int i = 0; i < fields.size(); i++) {
        int nulls = 0;
        int absent = 0;
        for (int record = 0; record < records.records(); record++) {
          Kind kind = records.kind(record, i);
          nulls += kind == Kind.NULL ? 1 : 0;
          absent += kind == Kind.ABSENT ? 1 : 0;
        }
        if (nulls + absent > 0) {
          decisions.put(
              fields.get(i).name(),
              nulls >= absent ? Description.Missing.NULL : Description.Missing.ABSENT);
        }
      }
      return decisions.isEmpty() ? opened : session.decide(opened, decisions);
    }

    Decided decided() {
      List<String> ids = ids();
      Map<String, Answer> there =
          Answer.of(session.api(), beside.found(), new ArrayList<>(new LinkedHashSet<>(ids)));
      RecordBatch existing = new RecordBatch(fields.size());
      int[] existingOf = new int[ids.size()];
      for (int i = 0; i < existingOf.length; i++) {
        Answer answer = there.get(ids.get(i));
        existingOf[i] = answer == null ? -1 : existing.records();
        if (answer != null) {
          answer.put(shape, collection, existing);
        }
      }
      Decision[] decisions =
          Decision.decide(collection, changes, existing, existingOf, policy, canonical);
      requireDistinct(ids);
      for (int i = 0; i < decisions.length; i++) {
        Answer answer = there.get(ids.get(i));
        decide(i, ids.get(i), decisions[i], answer, existing, existingOf[i]);
        boolean isGoing = decisions[i] == Decision.UPDATE || decisions[i] == Decision.DELETE;
        if (isGoing && answer != null && whole != null) {
          answer.put(shape, whole, old);
        }
      }
      return new Decided(changes.content(), outcome, puts, removed);
    }

    /** Keeps what was before, before anything is written. */
    void keep() {
      if (!mark.isUndo() && !beside.isMade() && !images.isEmpty()) {
        ledger.keep(mark, images);
      }
      if (whole != null && !old.isEmpty()) {
        overwritten.keep(whole, old);
      }
    }

    private List<String> ids() {
      List<String> ids = new ArrayList<>();
      RecordBatch records = changes.records();
      for (int i = 0; i < records.records(); i++) {
        String id = shape.key().id(records, i, key);
        if (id == null) {
          throw refused(i, "its key is null, of another type or no UTF-8");
        }
        if (id.isEmpty() && isPut()) {
          throw refused(i, "its key is empty, and no id of Chroma's is");
        }
        ids.add(id);
      }
      return ids;
    }

    /** Records of one key see each other only in batches of their own. */
    private void requireDistinct(List<String> ids) {
      Set<String> seen = new HashSet<>();
      for (int i = 0; i < ids.size(); i++) {
        if (!seen.add(ids.get(i))) {
          throw new DataException(
              TargetWriter.BATCH_TOO_LARGE,
              "A batch for \"" + collection.name() + "\" has two records of one key.",
              "",
              i,
              null);
        }
      }
    }

    private void decide(
        int change,
        String id,
        Decision decision,
        @Nullable Answer answer,
        RecordBatch existing,
        int found) {
      RecordDigest[] digests = changes.digests();
      RecordDigest digest = digests == null ? null : digests[change];
      switch (decision) {
        case INSERT -> insert(change, id, digest);
        case UPDATE -> {
          if (answer == null) {
            insert(change, id, digest);
          } else {
            puts.add(changed(change, answer));
            image(BeforeImage.Change.UPDATED, existing.recordBytes(found), digest);
            count(0, 1, 0, 0, digest);
          }
        }
        case DELETE -> {
          if (answer != null) {
            removed.add(id);
            image(BeforeImage.Change.DELETED, existing.recordBytes(found), null);
          }
          count(0, 0, 0, 1, null);
        }
        case UNCHANGED -> count(0, 0, 1, 0, null);
        case SKIP ->
            outcome =
                outcome.plus(
                    new Outcome(
                        0,
                        0,
                        0,
                        1,
                        0,
                        RecordDigest.ZERO,
                        digest == null ? RecordDigest.ZERO : digest));
        case CONFLICT ->
            throw new DataException(
                "CONFLICT",
                "The record "
                    + keyText(change)
                    + " of \""
                    + collection.name()
                    + "\" stands in the way: it is there already with other content.",
                "see what would conflict: waybill diff",
                change,
                null);
      }
    }

    private void insert(int change, String id, @Nullable RecordDigest digest) {
      puts.add(sent(change, id, null, false));
      image(BeforeImage.Change.INSERTED, identity(change), digest);
      count(1, 0, 0, 0, digest);
    }

    /** A record that is there, with what the batch says of it. */
    private Sent changed(int change, Answer answer) {
      boolean isLosingText = false;
      for (int i = 0; i < origins.length; i++) {
        boolean isMissing = changes.records().isMissingAt(changes.records().at(change, i));
        boolean hadText =
            switch (origins[i].part()) {
              case DOCUMENT -> answer.document().isTextual();
              case URI -> answer.uri().isTextual();
              case ID, EMBEDDING, METADATA -> false;
            };
        isLosingText |= isMissing && hadText;
      }
      if (isLosingText
          && !collection.writtenNames().containsAll(shape.collection().writtenNames())) {
        throw refused(
            change,
            "it loses its document or uri, which Chroma only allows by making the record anew, and"
                + " the plan does not write all of its fields");
      }
      return sent(change, answer.id(), answer, isLosingText);
    }

    private Sent sent(int change, String id, @Nullable Answer old, boolean isAnew) {
      RecordBatch records = changes.records();
      JsonNode document = old == null ? Settings.none() : old.document();
      JsonNode uri = old == null ? Settings.none() : old.uri();
      ObjectNode metadata = JSON.createObjectNode();
      Set<String> otherwise = new LinkedHashSet<>(old == null ? List.of() : old.otherwise());
      if (old != null && isAnew) {
        old.metadata()
            .properties()
            .forEach(each -> metadata.set(each.getKey(), MetadataValue.exact(each.getValue())));
      }
      List<String> exact = new ArrayList<>(old == null ? List.of() : old.exact());
      float[] vector = null;
      boolean hasVector = false;
      for (int i = 0; i < origins.length; i++) {
        int at = records.at(change, i);
        Field field = fields.get(i);
        switch (origins[i].part()) {
          case ID -> {}
          case EMBEDDING -> {
            vector = vector(change, field, at);
            hasVector = true;
          }
          case DOCUMENT -> document = value(change, field, at, otherwise);
          case URI -> uri = value(change, field, at, otherwise);
          case METADATA -> {
            String key = origins[i].key();
            exact.removeIf(note -> ExactNotes.keyOf(note).equals(key));
            exact.addAll(ExactNotes.of(key, records, at));
            JsonNode value = value(change, field, at, otherwise);
            if (!value.isMissingNode()) {
              metadata.set(origins[i].key(), value);
            } else if (old != null && !isAnew) {
              metadata.putNull(origins[i].key());
            } else {
              metadata.remove(origins[i].key());
            }
          }
        }
      }
      note(Description.OTHERWISE, otherwise, old, isAnew, metadata);
      note(ExactNotes.KEY, exact, old, isAnew, metadata);
      float[] before = old == null ? null : old.vector();
      boolean isKept =
          before != null
              && (!hasVector || vector != null && java.util.Arrays.equals(before, vector));
      if (isKept && !isAnew) {
        vector = null;
      } else {
        vector = spaced(change, isKept ? before : hasVector ? vector : new float[] {0});
      }
      requireSize(change, id, document, uri, metadata);
      return new Sent(id, vector, document, uri, metadata, isAnew, old == null, change);
    }

    private void note(
        String key,
        java.util.Collection<String> notes,
        @Nullable Answer old,
        boolean isAnew,
        ObjectNode metadata) {
      metadata.remove(key);
      if (!notes.isEmpty()) {
        notes.forEach(metadata.putArray(key)::add);
      } else if (old != null && old.metadata().has(key) && !isAnew) {
        metadata.putNull(key);
      }
    }

    /** What has to be sent for a vector to be answered. */
    private float[] spaced(int change, float @Nullable [] vector) {
      float[] wanted = vector == null ? new float[] {0} : vector;
      if (beside.found().space() != FoundCollection.Space.COSINE) {
        return wanted;
      }
      float[] sent = CosineForm.sentFor(wanted);
      float[] answered = (sent == null ? wanted : sent).clone();
      CosineForm.apply(answered);
      for (float each : answered) {
        if (!Float.isFinite(each)) {
          throw refused(change, "its vector is too long for the cosine space");
        }
      }
      return sent == null ? wanted : sent;
    }

    private float[] vector(int change, Field field, int at) {
      RecordBatch records = changes.records();
      if (records.kindAt(at) != Kind.VECTOR) {
        throw refused(
            change,
            "it has no vector in \"" + field.name() + "\", and Chroma holds no record without one");
      }
      int dimension = records.vectorDimensionAt(at);
      int wanted = field.type().size() > 0 ? field.type().size() : beside.found().dimension();
      if (records.vectorElementAt(at) != Kind.FLOAT32 || wanted > 0 && dimension != wanted) {
        throw refused(
            change,
            "the vector in \""
                + field.name()
                + "\" has "
                + dimension
                + " dimensions of "
                + records.vectorElementAt(at)
                + ", not "
                + wanted
                + " of FLOAT32");
      }
      float[] vector = records.float32VectorAt(at);
      for (float each : vector) {
        if (!Float.isFinite(each)) {
          throw refused(change, "the vector in \"" + field.name() + "\" is infinite or no number");
        }
      }
      return vector;
    }

    /** A value as it is sent; missing for one that is not there. */
    private JsonNode value(int change, Field field, int at, Set<String> otherwise) {
      RecordBatch records = changes.records();
      otherwise.remove(field.name());
      if (records.isMissingAt(at)) {
        if (!field.isNullable()) {
          throw refused(change, "\"" + field.name() + "\" is null, and may not be");
        }
        if (shape.isOtherwise(field.name(), records.kindAt(at) == Kind.NULL)) {
          otherwise.add(field.name());
        }
        return Settings.none();
      }
      Kind kind = field.type().kind();
      if (kind != Kind.DYNAMIC && !isOf(field.type(), records, at)) {
        throw refused(
            change,
            "\"" + field.name() + "\" is " + records.kindAt(at) + " and not " + field.type());
      }
      try {
        return MetadataValue.of(records, at);
      } catch (MetadataValue.Unfit unfit) {
        throw refused(change, "\"" + field.name() + "\" " + unfit.getMessage());
      }
    }

    private static boolean isOf(LogicalType type, RecordBatch records, int at) {
      LogicalType element = type.element();
      return records.kindAt(at) == type.kind()
          && (type.kind() != Kind.LIST
              || element == null
              || records.listSizeAt(at) == 0
              || records.kindAt(records.firstElement(at)) == element.kind());
    }

    private void requireSize(
        int change, String id, JsonNode document, JsonNode uri, ObjectNode metadata) {
      if (id.length() * 3L + Request.size(document, uri, metadata) > Request.LARGEST
          && exactSize(id, document, uri, metadata) > Request.LARGEST) {
        throw new DataException(
            "RECORD_TOO_LARGE",
            "The record "
                + keyText(change)
                + " of \""
                + collection.name()
                + "\" is larger than "
                + (Request.LARGEST >> 20)
                + " MiB, which is the most that is sent to Chroma.",
            "leave it aside with --max-quarantined, or make it smaller at its source",
            change,
            null);
      }
    }

    private static long exactSize(String id, JsonNode document, JsonNode uri, ObjectNode metadata) {
      return (long) id.length()
          + document.toString().length()
          + uri.toString().length()
          + metadata.toString().length();
    }

    private DataException refused(int change, String why) {
      return new DataException(
          "VALUE_REFUSED",
          "The record "
              + keyText(change)
              + " of \""
              + collection.name()
              + "\" cannot go to Chroma: "
              + why
              + ".",
          "leave it aside with --max-quarantined, or change it at its source",
          change,
          null);
    }

    private byte[] identity(int change) {
      int[] positions = collection.keyPositions();
      RecordBatch identity = new RecordBatch(positions.length);
      changes.records().project(change, positions, identity);
      return identity.recordBytes(0);
    }

    private void image(BeforeImage.Change change, byte[] record, @Nullable RecordDigest written) {
      images.add(new BeforeImage(change, record, written == null ? "" : written.toString()));
    }

    private void count(
        int inserted, int updated, int unchanged, int deleted, @Nullable RecordDigest digest) {
      outcome =
          outcome.plus(
              new Outcome(
                  inserted,
                  updated,
                  unchanged,
                  0,
                  deleted,
                  digest == null ? RecordDigest.ZERO : digest));
    }

    private String keyText(int change) {
      int[] positions = collection.keyPositions();
      if (!isPut()) {
        for (int i = 0; i < positions.length; i++) {
          positions[i] = i;
        }
      }
      return KeyText.of(changes.records(), change, positions);
    }
  }

  @Override
  public void close() {}
}
