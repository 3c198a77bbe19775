package dev.waybill.e2e;

import dev.waybill.mapping.ValueLoss;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.LossPolicy;
import dev.waybill.model.TypeTable;
import dev.waybill.model.TypeTable.Native;
import dev.waybill.model.TypeTable.Placement;
import dev.waybill.model.TypeTable.Trait;
import dev.waybill.model.TypeTable.Verdict;
import dev.waybill.spi.StoreAdapter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The page docs/types.md, from the type tables themselves. */
final class TypesPage {
  private final Map<String, TypeTable> tables = new LinkedHashMap<>();
  private final StringBuilder page = new StringBuilder();

  /**
   * One table for each dialect: an embedded PostgreSQL is a PostgreSQL; what a run has kept is of
   * the dialect of the store it was kept of.
   */
  TypesPage(Collection<StoreAdapter> adapters) {
    adapters.stream()
        .filter(
            adapter -> !adapter.type().startsWith("memory") && adapter.capabilities().canWrite())
        .map(adapter -> adapter.capabilities().types())
        .sorted(java.util.Comparator.comparing(TypeTable::dialect))
        .forEach(types -> tables.merge(types.dialect(), types, TypesPage::richer));
  }

  /** Of two of one dialect the one that has a type for vectors. */
  private static TypeTable richer(TypeTable a, TypeTable b) {
    LogicalType vector = LogicalType.vector(LogicalType.FLOAT32, 3);
    return a.place(vector).stored().kind() == Kind.VECTOR ? a : b;
  }

  String text() {
    introduction();
    tables.forEach(this::natives);
    tables.forEach(
        (from, fromTypes) ->
            tables.forEach(
                (to, toTypes) -> {
                  if (!from.equals(to)) {
                    pair(from, fromTypes, to, toTypes);
                  }
                }));
    logical();
    policies();
    return page.toString();
  }

  private void lines(String... lines) {
    for (String line : lines) {
      page.append(line).append('\n');
    }
  }

  private void row(String... cells) {
    StringJoiner row = new StringJoiner(" | ", "| ", " |\n");
    for (String cell : cells) {
      row.add(cell.replace("|", "\\|"));
    }
    page.append(row.toString().replace("|  |", "| |"));
  }

  private static String code(String type) {
    return type.isEmpty() ? "(none)" : "`" + type + "`";
  }

  private static String word(Enum<?> verdict) {
    return verdict.name().toLowerCase(Locale.ROOT);
  }

  private void introduction() {
    lines(
        "# Types",
        "",
        "Made from the code's own type tables; do not edit it, run `./dev golden`.",
        "",
        "Every native type is read as a logical type, and every logical type has a place in each store.",
        "A field's values decide where its declared type promises too little (SQLite). The verdicts:",
        "",
        "- **exact**: every value, bit for bit.",
        "- **encoded**: in another form, from which every value comes back.",
        "- **partial**: some values cannot be held; each is found and named, and becomes what the policy",
        "  says.",
        "- **refused**: no value can be held; say in the plan what the field shall be, or leave it out.",
        "",
        "Between two stores of one dialect ("
            + tables.keySet().stream().map(TypesPage::code).collect(Collectors.joining(", "))
            + ") native types stay as they are.");
  }

  private void natives(String store, TypeTable types) {
    if (types.natives().isEmpty()) {
      return;
    }
    lines(
        "",
        "## What " + store + "'s types are",
        "",
        "| native | logical | note |",
        "|---|---|---|");
    grouped(types, each -> each.logical() + " " + each.note())
        .forEach((what, group) -> row(names(group), type(group), group.get(0).note()));
    if (!types.cannotHold().isEmpty()) {
      lines("", "No field with a type holds " + traits(types) + ".");
    }
  }

  /** Native types of which the same is to be said, in the order in which each first comes. */
  private static Map<String, List<Native>> grouped(TypeTable types, Function<Native, String> what) {
    Map<String, List<Native>> groups = new LinkedHashMap<>();
    for (Native each : types.natives()) {
      groups.computeIfAbsent(what.apply(each), any -> new ArrayList<>()).add(each);
    }
    return groups;
  }

  private static String names(List<Native> group) {
    return group.stream().map(each -> code(each.nativeType())).collect(Collectors.joining(", "));
  }

  private static String type(List<Native> group) {
    LogicalType type = group.get(0).logical();
    return isOpen(type)
        ? (type.element() == null ? "of its values" : "list of its elements")
        : type.toString();
  }

  /** True where only the single field tells what the type is. */
  private static boolean isOpen(LogicalType type) {
    return type.kind() == Kind.DYNAMIC || type.element() != null && isOpen(type.element());
  }

  private static String traits(TypeTable types) {
    List<String> words = new ArrayList<>();
    for (Trait trait : types.cannotHold()) {
      words.add(
          switch (trait) {
            case NUL_IN_TEXT -> "text with the character NUL";
            case INVALID_UTF8 -> "text that is not UTF-8";
            case LONE_SURROGATE -> "half a surrogate pair";
            case NAN -> "NaN";
            case INFINITY -> "an infinity";
            case MINUS_ZERO -> "negative zero as a float";
            case NOT_FINITE_IN_VECTOR -> "a vector with NaN or an infinity";
            case ABSENT -> "a field that is absent instead of null";
          });
    }
    return String.join(", ", words);
  }

  private void pair(String from, TypeTable fromTypes, String to, TypeTable toTypes) {
    if (fromTypes.natives().isEmpty()) {
      return;
    }
    lines(
        "",
        "## From " + from + " to " + to,
        "",
        "| " + from + " | logical | " + to + " | verdict | note |",
        "|---|---|---|---|---|");
    grouped(fromTypes, each -> each.logical().toString())
        .values()
        .forEach(
            group -> {
              LogicalType type = group.get(0).logical();
              if (isOpen(type)) {
                row(names(group), type(group), "as these", "", "");
              } else {
                placed(names(group), type, toTypes);
              }
            });
    if (fromTypes.natives().stream().anyMatch(each -> each.logical().kind() == Kind.DYNAMIC)) {
      lines(
          "",
          "Where values of one field are of several types, a policy for `MIXED_TYPES` says what"
              + " becomes of",
          "those that are not of the field's type in the target.");
    }
  }

  private void placed(String nativeType, LogicalType type, TypeTable types) {
    Placement place = types.place(type);
    boolean isRefused = place.verdict() == Verdict.REFUSED;
    row(
        nativeType,
        type.toString(),
        isRefused ? "" : code(place.nativeType()),
        word(place.verdict()),
        place.note());
  }

  private void logical() {
    List<String> heads = new ArrayList<>(List.of("logical"));
    heads.addAll(tables.keySet());
    lines(
        "",
        "## Where logical types go",
        "",
        "What a plan may say in `to`. Where the verdict is not exact it stands behind the type.",
        "");
    row(heads.toArray(String[]::new));
    page.append("|---".repeat(heads.size())).append("|\n");
    for (LogicalType type : dev.waybill.testkit.Corpus.types()) {
      List<String> cells = new ArrayList<>(List.of(type.toString()));
      for (TypeTable types : tables.values()) {
        Placement place = types.place(type);
        cells.add(
            place.verdict() == Verdict.REFUSED
                ? "refused"
                : code(place.nativeType())
                    + (place.verdict() == Verdict.EXACT ? "" : " " + word(place.verdict())));
      }
      row(cells.toArray(String[]::new));
    }
  }

  private void policies() {
    lines(
        "",
        "## What a policy does",
        "",
        "`--on-loss [COLLECTION[.FIELD]:]CODE=POLICY`; without one a value that cannot go fails.",
        "",
        "| policy | what becomes of the value |",
        "|---|---|");
    for (LossPolicy policy : LossPolicy.values()) {
      row(
          word(policy),
          switch (policy) {
            case FAIL -> "the run is refused, or put back where the value is only found later";
            case REPLACE ->
                "what the next table says is written; the record counts as repaired and its original"
                    + " is kept in the run directory";
            case SIDECAR ->
                "a stand-in is written and the value beside it, in the target's sidecar, from which"
                    + " it comes back";
            case QUARANTINE ->
                "the record stays behind, in the run directory, up to `--max-quarantined`";
            case NULL ->
                "null is written where the field may be null; the record counts as repaired";
          });
    }
    lines("", "| code | what is the matter | `replace` writes |", "|---|---|---|");
    for (ValueLoss loss : ValueLoss.values()) {
      row(
          code(loss.name()),
          loss.text(),
          loss.replacement().isEmpty() ? "nothing: the record is refused" : loss.replacement());
    }
  }
}
