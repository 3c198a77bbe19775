package dev.waybill.stores.postgres;

import dev.waybill.model.Field;
import dev.waybill.model.Index;
import dev.waybill.model.SpecException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** pgvector's indexes in the words that all stores share, and what they can be over. */
final class VectorIndex {
  private static final String HNSW = "hnsw";
  private static final String IVFFLAT = "ivfflat";
  private static final int SPARSE = 1_000;

  /** The kinds of index whose fields and directions say all, or whose definition does. */
  private static final Set<String> METHODS =
      Set.of("", "btree", "hash", "gin", "gist", "spgist", "brin", HNSW, IVFFLAT);

  private static final Pattern OPERATOR_CLASS =
      Pattern.compile("(vector|halfvec|sparsevec|bit)_(l2|ip|cosine|l1|hamming|jaccard)_ops");

  private record Range(String option, String method, int least, int most) {}

  /** What an index may be built with, by pgvector's src/hnsw.h and src/ivfflat.h. */
  private static final List<Range> OPTIONS =
      List.of(
          new Range("m", HNSW, 2, 100),
          new Range("ef_construction", HNSW, 4, 1_000),
          new Range("lists", IVFFLAT, 1, 32_768));

  /** A type that pgvector has indexes over: up to so many dimensions, by these metrics. */
  private enum Indexed {
    VECTOR(2_000, Set.of("l2", "ip", "cosine", "l1"), Set.of("l2", "ip", "cosine")),
    HALFVEC(4_000, Set.of("l2", "ip", "cosine", "l1"), Set.of("l2", "ip", "cosine")),
    /** Bounded by what is not zero, whatever the dimension. */
    SPARSEVEC(Integer.MAX_VALUE, Set.of("l2", "ip", "cosine", "l1"), Set.of()),
    BIT(64_000, Set.of("hamming", "jaccard"), Set.of("hamming"));

    final int most;
    final Set<String> byHnsw;
    final Set<String> byIvfflat;

    Indexed(int most, Set<String> byHnsw, Set<String> byIvfflat) {
      this.most = most;
      this.byHnsw = byHnsw;
      this.byIvfflat = byIvfflat;
    }

    Set<String> metrics(String method) {
      return method.equals(HNSW) ? byHnsw : byIvfflat;
    }

    String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }

    static Optional<Indexed> of(Field field) {
      String name = PostgresTypes.plainName(field.nativeType());
      boolean isArray = field.nativeType().endsWith("]");
      return List.of(values()).stream()
          .filter(each -> !isArray && each.word().equals(name))
          .findFirst();
    }
  }

  private VectorIndex() {}

  /** True if a field is of a type that pgvector has indexes over, whatever its dimension. */
  static boolean canBeOver(Field field) {
    return Indexed.of(field).isPresent();
  }

  static boolean isOne(String method) {
    return method.equals(HNSW) || method.equals(IVFFLAT);
  }

  /** Why there can be no such index, null if there can. */
  static @Nullable String fault(Index index, List<Field> fields, boolean hasPgvector) {
    String method = index.method();
    if (!METHODS.contains(method)) {
      return "PostgreSQL has no " + method + " index" + instead(index, fields);
    }
    if (!isOne(method) || !index.isPortable()) {
      return null;
    }
    if (!hasPgvector) {
      return "the database has no pgvector";
    }
    if (fields.size() != 1) {
      return "pgvector's indexes are over one field";
    }
    Field field = fields.get(0);
    Optional<Indexed> type = Indexed.of(field);
    if (type.isEmpty()) {
      return "it is over vectors, and "
          + field.name()
          + " is "
          + (field.nativeType().isEmpty() ? field.type() : field.nativeType());
    }
    int dimension = field.type().size();
    if (dimension == 0 && type.get() != Indexed.SPARSEVEC) {
      return "pgvector's indexes are over vectors of one dimension, and "
          + field.name()
          + " may have any: say it in the plan (native: vector(384))";
    }
    String metric = metric(index, type.get());
    if (!type.get().metrics(method).contains(metric)) {
      return "pgvector has no " + method + " index over " + type.get().word() + " by " + metric;
    }
    return dimension > type.get().most
        ? tooLong(field, type.get(), dimension, metric)
        : optionFault(index);
  }

  /** HNSW_MAX_NNZ of pgvector's src/hnsw.h. */
  static int mostNotZero(Index index, List<Field> fields) {
    boolean isSparse =
        index.method().equals(HNSW)
            && fields.size() == 1
            && Indexed.of(fields.get(0)).equals(Optional.of(Indexed.SPARSEVEC));
    return isSparse ? SPARSE : Integer.MAX_VALUE;
  }

  private static String metric(Index index, Indexed type) {
    return index.options().getOrDefault(Index.METRIC, type == Indexed.BIT ? "hamming" : "l2");
  }

  private static String tooLong(Field field, Indexed type, int dimension, String metric) {
    String most = "pgvector's indexes over " + type.word() + " go up to " + type.most;
    String there = " dimensions, " + field.name() + " has " + dimension;
    boolean fitsHalf = type == Indexed.VECTOR && dimension <= Indexed.HALFVEC.most;
    return most
        + there
        + (fitsHalf
            ? "; after the run: CREATE INDEX ON … USING hnsw (("
                + Dialect.quote(field.name())
                + "::halfvec("
                + dimension
                + ")) halfvec_"
                + metric
                + "_ops), and search by the same cast"
            : "; an index over fewer of them (subvector) or over their signs (binary_quantize) is"
                + " possible");
  }

  private static @Nullable String optionFault(Index index) {
    Map<String, Integer> values = new LinkedHashMap<>();
    for (Map.Entry<String, String> option : index.options().entrySet()) {
      if (option.getKey().equals(Index.METRIC)) {
        continue;
      }
      Optional<Range> known =
          OPTIONS.stream()
              .filter(
                  each -> each.option.equals(option.getKey()) && each.method.equals(index.method()))
              .findFirst();
      if (known.isEmpty()) {
        return "pgvector's " + index.method() + " has no option \"" + option.getKey() + "\"";
      }
      Range range = known.get();
      boolean isNumber = option.getValue().matches("\\d{1,6}");
      int value = isNumber ? Integer.parseInt(option.getValue()) : -1;
      if (value < range.least || value > range.most) {
        return range.option
            + " is "
            + option.getValue()
            + ", pgvector takes "
            + range.least
            + " to "
            + range.most;
      }
      values.put(range.option, value);
    }
    return values.getOrDefault("ef_construction", 64) < 2 * values.getOrDefault("m", 16)
        ? "ef_construction is less than twice m, which pgvector does not take"
        : null;
  }

  /** What finds the same in PostgreSQL where a store searches without an index of this kind. */
  private static String instead(Index index, List<Field> fields) {
    String metric = index.options().get(Index.METRIC);
    Optional<Indexed> type = fields.size() == 1 ? Indexed.of(fields.get(0)) : Optional.empty();
    if (metric == null || type.isEmpty() || !type.get().byHnsw.contains(metric)) {
      return "";
    }
    return ": without one every vector is compared, which finds exactly what is nearest; faster and"
        + " nearly so: CREATE INDEX ON … USING hnsw ("
        + Dialect.quote(fields.get(0).name())
        + " "
        + type.get().word()
        + "_"
        + metric
        + "_ops)";
  }

  /**
   * An index of another PostgreSQL in shared words.
   *
   * @param operatorClass of its one column
   * @param storage parameters as {@code pg_class.reloptions} has them
   * @return empty if shared words do not say it all
   */
  static Optional<Map<String, String>> options(
      String method, String operatorClass, List<String> storage) {
    Matcher matcher = OPERATOR_CLASS.matcher(operatorClass);
    if (!isOne(method) || !matcher.matches()) {
      return Optional.empty();
    }
    Map<String, String> options = new LinkedHashMap<>();
    options.put(Index.METRIC, matcher.group(2));
    for (String each : storage) {
      int equals = each.indexOf('=');
      options.put(each.substring(0, Math.max(0, equals)), each.substring(equals + 1));
    }
    boolean isShared =
        options.keySet().stream()
            .allMatch(
                name ->
                    name.equals(Index.METRIC)
                        || OPTIONS.stream().anyMatch(each -> each.option.equals(name)));
    return isShared ? Optional.of(options) : Optional.empty();
  }

  /** The statement's end: method, column with its operator class, storage parameters. */
  static String tail(Index index, Field field) {
    String fault = fault(index, List.of(field), true);
    if (fault != null) {
      throw new SpecException(
          "BAD_INDEX",
          "The index \"" + index.name() + "\" cannot be made: " + fault + ".",
          "take the index out of the plan");
    }
    Indexed type = Indexed.of(field).orElseThrow();
    List<String> storage = new ArrayList<>();
    index
        .options()
        .forEach(
            (name, value) -> {
              if (!name.equals(Index.METRIC)) {
                storage.add(name + " = " + value);
              }
            });
    return "USING "
        + index.method()
        + " ("
        + Dialect.quote(field.name())
        + " "
        + type.word()
        + "_"
        + metric(index, type)
        + "_ops)"
        + (storage.isEmpty() ? "" : " WITH (" + String.join(", ", storage) + ")");
  }
}
