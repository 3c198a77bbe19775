package dev.waybill.verify;

import dev.waybill.model.RecordBatch;

/** A vector as numbers, with what is asked of it again and again. */
final class Point {
  final double[] numbers;

  /** The square of its length. */
  final double squares;

  Point(double... numbers) {
    this.numbers = numbers;
    this.squares = Metric.product(numbers, numbers);
  }

  /** The vector at an offset. */
  static Point of(RecordBatch records, int at) {
    double[] numbers = new double[records.vectorDimensionAt(at)];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = records.vectorNumberAt(at, i);
    }
    return new Point(numbers);
  }

  int dimension() {
    return numbers.length;
  }
}
