package dev.waybill.verify;

import dev.waybill.model.Collection;
import dev.waybill.model.Index;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** How far two vectors of the same dimension are from one another: less is nearer. */
enum Metric {
  L2,
  IP,
  COSINE,
  L1,
  HAMMING,
  JACCARD;

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The indexes over one field that say by what they search. */
  static List<Index> indexes(Collection collection, String field) {
    return collection.indexes().stream()
        .filter(
            index ->
                index.columns().size() == 1
                    && index.columns().get(0).field().equals(field)
                    && of(index).isPresent())
        .toList();
  }

  /** What an index searches by, if it is over vectors and that is known. */
  static Optional<Metric> of(Index index) {
    return List.of(values()).stream()
        .filter(each -> each.word().equals(index.options().get(Index.METRIC)))
        .findFirst();
  }

  /**
   * The distance, the same for the same vectors wherever and whenever; NaN where there is none:
   * between dimensions, of zeros by cosine, of what is not finite.
   */
  double distance(Point a, Point b) {
    if (a.dimension() != b.dimension()) {
      return Double.NaN;
    }
    return switch (this) {
      case L2 -> squares(a.numbers, b.numbers);
      case IP -> -product(a.numbers, b.numbers);
      case COSINE -> 1 - product(a.numbers, b.numbers) / Math.sqrt(a.squares * b.squares);
      case L1 -> {
        double sum = 0;
        for (int i = 0; i < a.dimension(); i++) {
          sum += Math.abs(a.numbers[i] - b.numbers[i]);
        }
        yield sum;
      }
      case HAMMING -> unlike(a.numbers, b.numbers);
      case JACCARD -> {
        double any = 0;
        for (int i = 0; i < a.dimension(); i++) {
          any += a.numbers[i] != 0 || b.numbers[i] != 0 ? 1 : 0;
        }
        // pgvector takes two vectors without any bit as altogether unlike.
        yield any == 0 ? 1 : unlike(a.numbers, b.numbers) / any;
      }
    };
  }

  private static double unlike(double[] a, double[] b) {
    double count = 0;
    for (int i = 0; i < a.length; i++) {
      count += (a[i] != 0) == (b[i] != 0) ? 0 : 1;
    }
    return count;
  }

  /** In four sums, which a processor adds side by side. */
  static double product(double[] a, double[] b) {
    double first = 0;
    double second = 0;
    double third = 0;
    double fourth = 0;
    int i = 0;
    for (; i + 3 < a.length; i += 4) {
      first += a[i] * b[i];
      second += a[i + 1] * b[i + 1];
      third += a[i + 2] * b[i + 2];
      fourth += a[i + 3] * b[i + 3];
    }
    for (; i < a.length; i++) {
      first += a[i] * b[i];
    }
    return first + second + (third + fourth);
  }

  private static double squares(double[] a, double[] b) {
    double first = 0;
    double second = 0;
    double third = 0;
    double fourth = 0;
    int i = 0;
    for (; i + 3 < a.length; i += 4) {
      first += (a[i] - b[i]) * (a[i] - b[i]);
      second += (a[i + 1] - b[i + 1]) * (a[i + 1] - b[i + 1]);
      third += (a[i + 2] - b[i + 2]) * (a[i + 2] - b[i + 2]);
      fourth += (a[i + 3] - b[i + 3]) * (a[i + 3] - b[i + 3]);
    }
    for (; i < a.length; i++) {
      first += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return first + second + (third + fourth);
  }
}
