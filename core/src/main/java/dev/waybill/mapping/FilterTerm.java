package dev.waybill.mapping;

import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import java.util.Arrays;
import java.util.List;

/** A condition on a record, in SQL's three-valued logic. Immutable and thread-safe. */
@FunctionalInterface
interface FilterTerm {
  int FALSE = 0;
  int UNKNOWN = 1;
  int TRUE = 2;

  /** {@link #TRUE}, {@link #FALSE} or {@link #UNKNOWN}. */
  int test(RecordBatch batch, int record);

  static FilterTerm and(List<FilterTerm> terms) {
    FilterTerm[] all = terms.toArray(FilterTerm[]::new);
    return (batch, record) -> {
      int result = TRUE;
      for (int i = 0; i < all.length && result != FALSE; i++) {
        result = Math.min(result, all[i].test(batch, record));
      }
      return result;
    };
  }

  static FilterTerm or(List<FilterTerm> terms) {
    FilterTerm[] all = terms.toArray(FilterTerm[]::new);
    return (batch, record) -> {
      int result = FALSE;
      for (int i = 0; i < all.length && result != TRUE; i++) {
        result = Math.max(result, all[i].test(batch, record));
      }
      return result;
    };
  }

  static FilterTerm not(FilterTerm term) {
    return (batch, record) -> TRUE - term.test(batch, record);
  }

  static FilterTerm isNull(int field) {
    return (batch, record) -> batch.isMissingAt(batch.at(record, field)) ? TRUE : FALSE;
  }

  /** How a value must stand to a literal. */
  enum Comparison {
    EQUAL,
    UNEQUAL,
    LESS,
    AT_MOST,
    GREATER,
    AT_LEAST;

    private int of(int order) {
      if (order == Literal.UNLIKE) {
        return this == EQUAL ? FALSE : this == UNEQUAL ? TRUE : UNKNOWN;
      }
      boolean holds =
          switch (this) {
            case EQUAL -> order == 0;
            case UNEQUAL -> order != 0;
            case LESS -> order < 0;
            case AT_MOST -> order <= 0;
            case GREATER -> order > 0;
            case AT_LEAST -> order >= 0;
          };
      return holds ? TRUE : FALSE;
    }
  }

  static FilterTerm compare(int field, Comparison comparison, Literal literal) {
    return (batch, record) -> {
      int at = batch.at(record, field);
      return batch.isMissingAt(at) ? UNKNOWN : comparison.of(literal.compare(batch, at));
    };
  }

  /**
   * Text that matches a pattern: {@code %} is any text, {@code _} any one character. What is no
   * text does not match.
   */
  static FilterTerm like(int field, byte[] pattern) {
    byte[] own = Arrays.copyOf(pattern, pattern.length);
    return (batch, record) -> {
      int at = batch.at(record, field);
      if (batch.isMissingAt(at)) {
        return UNKNOWN;
      }
      return batch.kindAt(at) == Kind.TEXT && matches(own, batch, at) ? TRUE : FALSE;
    };
  }

  private static boolean matches(byte[] pattern, RecordBatch batch, int at) {
    byte[] text = batch.bytes();
    int i = batch.payloadAt(at);
    int end = i + batch.payloadLengthAt(at);
    int p = 0;
    // Where to go on after the last %, which takes one character more each time.
    int afterAny = -1;
    int tried = 0;
    while (i < end) {
      if (p < pattern.length && pattern[p] == '%') {
        afterAny = ++p;
        tried = i;
      } else if (p < pattern.length && pattern[p] == '_') {
        p++;
        i = nextCharacter(text, i, end);
      } else if (p < pattern.length && pattern[p] == text[i]) {
        p++;
        i++;
      } else if (afterAny >= 0) {
        p = afterAny;
        tried = nextCharacter(text, tried, end);
        i = tried;
      } else {
        return false;
      }
    }
    while (p < pattern.length && pattern[p] == '%') {
      p++;
    }
    return p == pattern.length;
  }

  private static int nextCharacter(byte[] text, int at, int end) {
    int next = at + 1;
    while (next < end && (text[next] & 0xC0) == 0x80) {
      next++;
    }
    return next;
  }
}
