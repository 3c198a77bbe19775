package dev.waybill.mapping;

import dev.waybill.mapping.FilterTerm.Comparison;
import dev.waybill.model.Decimals;
import dev.waybill.model.Field;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads filters: comparisons joined by {@code and}, {@code or}, {@code not} and parentheses. */
final class FilterParser {
  private static final int DEEPEST = 100;
  private static final Set<String> WORDS =
      Set.of("and", "or", "not", "in", "is", "null", "like", "true", "false");

  private final List<Field> fields;
  private final FilterTokens tokens;
  private int depth;

  FilterParser(String text, List<Field> fields) {
    this.fields = fields;
    this.tokens = new FilterTokens(text);
  }

  FilterTerm parse() {
    FilterTerm term = either();
    if (tokens.kind() != FilterTokens.Kind.END) {
      throw tokens.wrong("\"" + tokens.text() + "\" is not expected here");
    }
    return term;
  }

  private FilterTerm either() {
    List<FilterTerm> terms = new ArrayList<>();
    do {
      terms.add(all());
    } while (tokens.skipWord("or"));
    return terms.size() == 1 ? terms.get(0) : FilterTerm.or(terms);
  }

  private FilterTerm all() {
    List<FilterTerm> terms = new ArrayList<>();
    do {
      terms.add(one());
    } while (tokens.skipWord("and"));
    return terms.size() == 1 ? terms.get(0) : FilterTerm.and(terms);
  }

  private FilterTerm one() {
    if (++depth > DEEPEST) {
      throw tokens.wrong("it is nested too deeply");
    }
    FilterTerm term;
    if (tokens.skipWord("not")) {
      term = FilterTerm.not(one());
    } else if (tokens.skipSign("(")) {
      term = either();
      tokens.expectSign(")");
    } else {
      term = condition();
    }
    depth--;
    return term;
  }

  private FilterTerm condition() {
    int field = field();
    if (tokens.skipWord("is")) {
      boolean isNegated = tokens.skipWord("not");
      tokens.expectWord("null");
      return isNegated ? FilterTerm.not(FilterTerm.isNull(field)) : FilterTerm.isNull(field);
    }
    if (tokens.skipWord("not")) {
      return FilterTerm.not(membership(field));
    }
    if (tokens.isWord("in") || tokens.isWord("like")) {
      return membership(field);
    }
    Comparison comparison = comparison();
    return FilterTerm.compare(field, comparison, literal(field));
  }

  private FilterTerm membership(int field) {
    if (tokens.skipWord("like")) {
      Kind kind = fields.get(field).type().kind();
      if (kind != Kind.TEXT && kind != Kind.DYNAMIC) {
        throw tokens.wrong("like is for text, and " + described(field));
      }
      if (tokens.kind() != FilterTokens.Kind.TEXT) {
        throw tokens.wrong("a text in single quotes must follow like");
      }
      return FilterTerm.like(field, tokens.next().getBytes(StandardCharsets.UTF_8));
    }
    tokens.expectWord("in");
    tokens.expectSign("(");
    List<FilterTerm> equal = new ArrayList<>();
    do {
      equal.add(FilterTerm.compare(field, Comparison.EQUAL, literal(field)));
    } while (tokens.skipSign(","));
    tokens.expectSign(")");
    return FilterTerm.or(equal);
  }

  private int field() {
    boolean isName =
        tokens.kind() == FilterTokens.Kind.NAME
            || tokens.kind() == FilterTokens.Kind.WORD
                && !WORDS.contains(tokens.text().toLowerCase(Locale.ROOT));
    if (!isName) {
      throw tokens.wrong("a field's name must stand here");
    }
    for (int i = 0; i < fields.size(); i++) {
      if (fields.get(i).name().equals(tokens.text())) {
        tokens.next();
        return i;
      }
    }
    throw tokens.wrong(
        "there is no field \""
            + tokens.text()
            + "\" but "
            + fields.stream().limit(20).map(Field::name).collect(Collectors.joining(", "))
            + (fields.size() > 20 ? ", …" : ""));
  }

  private Comparison comparison() {
    Comparison found =
        tokens.kind() != FilterTokens.Kind.SIGN
            ? null
            : switch (tokens.text()) {
              case "=" -> Comparison.EQUAL;
              case "!=", "<>" -> Comparison.UNEQUAL;
              case "<" -> Comparison.LESS;
              case "<=" -> Comparison.AT_MOST;
              case ">" -> Comparison.GREATER;
              case ">=" -> Comparison.AT_LEAST;
              default -> null;
            };
    if (found == null) {
      throw tokens.wrong("=, !=, <, <=, >, >=, in, like or is must follow the field's name");
    }
    tokens.next();
    return found;
  }

  private Literal literal(int field) {
    Literal literal =
        switch (tokens.kind()) {
          case NUMBER -> number(field);
          case TEXT -> text(field);
          case WORD -> word(field);
          case NAME ->
              throw tokens.wrong("a value must stand here; text is written in single quotes");
          case SIGN, END -> throw tokens.wrong("a value must stand here");
        };
    tokens.next();
    return literal;
  }

  private Literal number(int field) {
    switch (fields.get(field).type().kind()) {
      case INT64, FLOAT32, FLOAT64, DECIMAL, DYNAMIC -> {
        BigDecimal number = Decimals.of(tokens.text());
        if (number == null) {
          throw tokens.wrong("no number here may have so many digits");
        }
        return Literal.ofNumber(number);
      }
      default -> throw tokens.wrong("a number is no value for this field: " + described(field));
    }
  }

  private Literal word(int field) {
    String word = tokens.text().toLowerCase(Locale.ROOT);
    if (word.equals("null")) {
      throw tokens.wrong("nothing compares to null: use is null or is not null");
    }
    if (!word.equals("true") && !word.equals("false")) {
      throw tokens.wrong("\"" + tokens.text() + "\" is no value; text is written in single quotes");
    }
    Kind kind = fields.get(field).type().kind();
    if (kind != Kind.BOOLEAN && kind != Kind.DYNAMIC) {
      throw tokens.wrong(word + " is no value for this field: " + described(field));
    }
    return Literal.ofBoolean(word.equals("true"));
  }

  private Literal text(int field) {
    LogicalType type = fields.get(field).type();
    switch (type.kind()) {
      case TEXT, DYNAMIC -> {
        return Literal.ofText(tokens.text().getBytes(StandardCharsets.UTF_8));
      }
      case UUID, DATE, TIME, TIMESTAMP, INSTANT -> {
        RecordBatch value = value(type);
        if (value == null) {
          throw tokens.wrong(
              "'" + tokens.text() + "' is no value for this field: " + described(field));
        }
        return Literal.ofValue(value);
      }
      default -> throw tokens.wrong("text is no value for this field: " + described(field));
    }
  }

  private @Nullable RecordBatch value(LogicalType type) {
    RecordBatch text = new RecordBatch(1);
    String spelled = tokens.text();
    text.putText(type.kind() == Kind.UUID ? spelled.toLowerCase(Locale.ROOT) : spelled);
    RecordBatch value = new RecordBatch(1);
    try {
      Conversion.of(LogicalType.TEXT, "", type).forward().apply(text, 0, value);
      return value;
    } catch (ValueRefusal notOne) {
      return null;
    }
  }

  private String described(int field) {
    return fields.get(field).name() + " is of type " + fields.get(field).type();
  }
}
