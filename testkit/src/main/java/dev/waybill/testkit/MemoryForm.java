package dev.waybill.testkit;

import dev.waybill.model.Field.Generation;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.TypeTable;
import dev.waybill.spi.Capabilities;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The kinds of store that a {@link MemoryAdapter} can be. */
public enum MemoryForm {
  /** Tables; texts without NUL, as in PostgreSQL. */
  RELATIONAL,
  /** Nested documents; fields may be absent; types as poor as JSON's, beside bytes. */
  DOCUMENT,
  /** Records with a text key, vectors and plain values. */
  VECTOR,
  /** Nodes and relationships, both with or without key; those without have handles. */
  GRAPH;

  private static final int LONGEST_VECTOR = 4096;

  Capabilities capabilities(Capabilities.Transactions transactions) {
    boolean isTransactional = transactions == Capabilities.Transactions.BATCH;
    return new Capabilities(
        true,
        transactions,
        isTransactional ? Capabilities.Reading.SNAPSHOT : Capabilities.Reading.MOVES_NOTICED,
        isTransactional ? Capabilities.LedgerPlace.TARGET : Capabilities.LedgerPlace.RUN_DIRECTORY,
        Capabilities.Visibility.BATCH,
        switch (this) {
          case RELATIONAL, DOCUMENT -> Capabilities.Keys.OPTIONAL;
          case VECTOR -> Capabilities.Keys.REQUIRED;
          case GRAPH -> Capabilities.Keys.HANDLES;
        },
        switch (this) {
          case RELATIONAL -> Capabilities.Relationships.FOREIGN_KEYS;
          case GRAPH -> Capabilities.Relationships.EDGES;
          case DOCUMENT, VECTOR -> Capabilities.Relationships.NONE;
        },
        this == DOCUMENT ? Capabilities.Documents.NESTED : Capabilities.Documents.FLAT,
        this == DOCUMENT ? Capabilities.Vectors.ENCODED : Capabilities.Vectors.TYPED,
        this == DOCUMENT ? 0 : LONGEST_VECTOR,
        0,
        new Types(this));
  }

  private record Types(MemoryForm form) implements TypeTable {
    @Override
    public Placement place(LogicalType type) {
      return switch (form) {
        case RELATIONAL -> relational(type);
        case DOCUMENT -> document(type);
        case VECTOR -> vector(type);
        case GRAPH -> graph(type);
      };
    }

    @Override
    public String dialect() {
      return "memory-" + form.name().toLowerCase(java.util.Locale.ROOT);
    }

    @Override
    public List<Native> natives() {
      return List.of();
    }

    @Override
    public Generation numbering(Generation wanted, LogicalType stored, boolean isOnlyKey) {
      return wanted;
    }

    @Override
    public Set<Trait> cannotHold() {
      return switch (form) {
        case RELATIONAL ->
            EnumSet.of(Trait.NUL_IN_TEXT, Trait.INVALID_UTF8, Trait.LONE_SURROGATE, Trait.ABSENT);
        case DOCUMENT -> EnumSet.of(Trait.INVALID_UTF8);
        case VECTOR, GRAPH -> EnumSet.of(Trait.INVALID_UTF8, Trait.LONE_SURROGATE, Trait.ABSENT);
      };
    }

    private static Placement relational(LogicalType type) {
      return switch (type.kind()) {
        case TEXT -> partial(type, "text with NUL is refused");
        case LIST ->
            isOrHolds(type, Kind.TEXT) ? partial(type, "text with NUL is refused") : exact(type);
        case VECTOR -> vectorType(type);
        case DYNAMIC, NULL, ABSENT -> refused(type);
        default -> exact(type);
      };
    }

    private static Placement document(LogicalType type) {
      return switch (type.kind()) {
        case BOOLEAN, INT64, FLOAT64, TEXT, BYTES, JSON, DYNAMIC -> exact(type);
        case LIST -> exact(type);
        case FLOAT32 -> encoded(LogicalType.FLOAT64, "as a double");
        case DECIMAL, UUID, DATE, TIME, TIMESTAMP, INSTANT, INTERVAL ->
            encoded(LogicalType.TEXT, "as text");
        case VECTOR -> encoded(LogicalType.BYTES, "as bytes");
        case POINT, NULL, ABSENT -> refused(type);
      };
    }

    private static Placement vector(LogicalType type) {
      return switch (type.kind()) {
        case BOOLEAN, INT64, FLOAT64, TEXT -> exact(type);
        case FLOAT32 -> encoded(LogicalType.FLOAT64, "as a double");
        case VECTOR -> vectorType(type);
        case DECIMAL, UUID, DATE, TIME, TIMESTAMP, INSTANT, INTERVAL, JSON ->
            encoded(LogicalType.TEXT, "as text");
        case BYTES, LIST, POINT, DYNAMIC, NULL, ABSENT -> refused(type);
      };
    }

    private static Placement graph(LogicalType type) {
      return switch (type.kind()) {
        case BOOLEAN,
            INT64,
            FLOAT64,
            TEXT,
            BYTES,
            DATE,
            TIME,
            TIMESTAMP,
            INSTANT,
            INTERVAL,
            POINT ->
            exact(type);
        case FLOAT32 -> encoded(LogicalType.FLOAT64, "as a double");
        case DECIMAL, UUID, JSON -> encoded(LogicalType.TEXT, "as text");
        case VECTOR -> vectorType(type);
        case LIST ->
            isOrHolds(type.element(), Kind.LIST)
                ? refused(type)
                : partial(type, "a list with null in it is refused");
        case DYNAMIC, NULL, ABSENT -> refused(type);
      };
    }

    private static boolean isOrHolds(
        @org.jspecify.annotations.Nullable LogicalType type, Kind kind) {
      return type != null && (type.kind() == kind || isOrHolds(type.element(), kind));
    }

    private static Placement vectorType(LogicalType type) {
      return type.size() > LONGEST_VECTOR
          ? new Placement("", type, Verdict.REFUSED, "longer than " + LONGEST_VECTOR)
          : exact(type);
    }

    private static Placement exact(LogicalType type) {
      return new Placement(type.toString(), type, Verdict.EXACT, "");
    }

    private static Placement partial(LogicalType type, String note) {
      return new Placement(type.toString(), type, Verdict.PARTIAL, note);
    }

    private static Placement encoded(LogicalType stored, String note) {
      return new Placement(stored.toString(), stored, Verdict.ENCODED, note);
    }

    private static Placement refused(LogicalType type) {
      return new Placement("", type, Verdict.REFUSED, "no place for " + type);
    }

    @Override
    public boolean isKnown(String nativeType) {
      try {
        Placement placement = place(LogicalType.parse(nativeType));
        return placement.nativeType().equals(nativeType);
      } catch (IllegalArgumentException notOurs) {
        return false;
      }
    }

    @Override
    public int longestName() {
      return 255;
    }
  }
}
