package dev.waybill.stores.postgres;

import dev.waybill.model.LogicalType;
import dev.waybill.model.TypeTable.Native;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Every type that PostgreSQL and the extensions known here have, and how each is read. */
final class NativeTypes {
  private static final String AS_TEXT = "as text, in the server's own spelling";
  private static final String OWN = "made with the collection if it is missing";

  static final Set<String> PGVECTOR = Set.of("vector", "halfvec", "sparsevec");

  /** Built in, without modifiers, as {@code format_type()} spells them. */
  private static final List<Native> BUILT_IN =
      List.of(
          of("boolean", LogicalType.BOOLEAN, ""),
          of("smallint", LogicalType.INT16, ""),
          of("integer", LogicalType.INT32, ""),
          of("bigint", LogicalType.INT64, ""),
          of("oid", LogicalType.INT64, "the number; a large object it may name is not carried"),
          of(
              "numeric",
              LogicalType.DECIMAL,
              "numeric(p,s) is decimal(p,s); NaN and infinities too"),
          of("real", LogicalType.FLOAT32, ""),
          of("double precision", LogicalType.FLOAT64, ""),
          of("text", LogicalType.TEXT, "no NUL"),
          of("character varying", LogicalType.TEXT, "with a length text(n); no NUL"),
          of("character", LogicalType.text(1), "char(n) is text(n), padded as the store pads it"),
          of("bpchar", LogicalType.TEXT, "blanks at the end count"),
          of("\"char\"", LogicalType.TEXT, AS_TEXT),
          of("name", LogicalType.TEXT, "at most 63 bytes"),
          of("bytea", LogicalType.BYTES, ""),
          of("uuid", LogicalType.UUID, ""),
          of("date", LogicalType.DATE, "4713 BC to 5874897 AD, and the infinities"),
          of("time without time zone", LogicalType.TIME.withFraction(6), "no offset"),
          of("time with time zone", LogicalType.TIME.withFraction(6), "always with an offset"),
          of(
              "timestamp without time zone",
              LogicalType.TIMESTAMP.withFraction(6),
              "4713 BC to 294276 AD, and the infinities"),
          of(
              "timestamp with time zone",
              LogicalType.INSTANT.withFraction(6),
              "4713 BC to 294276 AD, and the infinities; no offset of its own"),
          of(
              "interval",
              LogicalType.INTERVAL.withFraction(6),
              "infinite ones, and more than 292 years in hours, are refused by name"),
          of("json", LogicalType.JSON, "spelling is kept"),
          of("jsonb", LogicalType.JSON, "no name twice in an object, no -0, no NUL"),
          text("xml"),
          of(
              "bit",
              LogicalType.vector(LogicalType.BOOLEAN, 1),
              "bit(n) is vector(boolean,n); of more than 64000 bits as text"),
          text("bit varying"),
          of("money", LogicalType.TEXT, "as text, in the locale C"),
          text("inet"),
          text("cidr"),
          text("macaddr"),
          text("macaddr8"),
          text("point"),
          text("line"),
          text("lseg"),
          text("box"),
          text("path"),
          text("polygon"),
          text("circle"),
          text("int4range"),
          text("int8range"),
          text("numrange"),
          text("tsrange"),
          text("tstzrange"),
          text("daterange"),
          text("int4multirange"),
          text("int8multirange"),
          text("nummultirange"),
          text("tsmultirange"),
          text("tstzmultirange"),
          text("datemultirange"),
          text("tsvector"),
          text("tsquery"),
          text("jsonpath"),
          text("pg_lsn"),
          text("pg_snapshot"),
          text("txid_snapshot"),
          text("xid"),
          text("xid8"),
          text("cid"),
          text("tid"),
          text("refcursor"),
          text("regclass"),
          text("regcollation"),
          text("regconfig"),
          text("regdictionary"),
          text("regnamespace"),
          text("regoper"),
          text("regoperator"),
          text("regproc"),
          text("regprocedure"),
          text("regrole"),
          text("regtype"));

  private static final List<Native> OTHERS =
      List.of(
          of(
              "vector",
              LogicalType.vector(LogicalType.FLOAT32, 0),
              "pgvector; vector(n) has n dimensions; neither NaN nor infinities"),
          of(
              "halfvec",
              LogicalType.vector(LogicalType.FLOAT32, 0),
              "pgvector; halfvec(n) has n dimensions; every half is a float32 exactly; what is none"
                  + " is refused by name, or made one by \"as: half\""),
          of(
              "sparsevec",
              LogicalType.TEXT,
              "pgvector; sparsevec(n) of up to 16000 dimensions is vector(float32,n), its zeros"
                  + " written out; of more, or of any: "
                  + AS_TEXT),
          of("citext", LogicalType.TEXT, "extension citext; case is kept"),
          of("hstore", LogicalType.TEXT, "extension hstore; " + AS_TEXT),
          of("ltree", LogicalType.TEXT, "extension ltree; " + AS_TEXT),
          of("lo", LogicalType.INT64, "extension lo; the number, the large object is not carried"),
          of("enum", LogicalType.TEXT, "the label; " + OWN),
          of("domain", LogicalType.DYNAMIC, "as its base type; " + OWN),
          of("composite", LogicalType.TEXT, AS_TEXT + "; " + OWN),
          of("range", LogicalType.TEXT, AS_TEXT + "; " + OWN),
          of("multirange", LogicalType.TEXT, AS_TEXT + "; " + OWN),
          of(
              "array",
              LogicalType.list(LogicalType.DYNAMIC),
              "list of its elements' type; of elements that are read as text or are arrays"
                  + " themselves: as text; one whose index does not begin at 1 is refused by name"),
          of("other", LogicalType.TEXT, AS_TEXT + "; of an extension that the target has too"));

  static final Set<String> NAMES =
      BUILT_IN.stream().map(Native::nativeType).collect(Collectors.toUnmodifiableSet());

  private NativeTypes() {}

  private static Native of(String nativeType, LogicalType logical, String note) {
    return new Native(nativeType, logical, note);
  }

  private static Native text(String nativeType) {
    return of(nativeType, LogicalType.TEXT, AS_TEXT);
  }

  static List<Native> all() {
    List<Native> all = new ArrayList<>(BUILT_IN);
    all.addAll(OTHERS);
    return List.copyOf(all);
  }
}
