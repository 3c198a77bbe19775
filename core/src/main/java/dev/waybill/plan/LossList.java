package dev.waybill.plan;

import dev.waybill.model.Loss;
import dev.waybill.model.Loss.Severity;
import java.util.List;

/** Notes the losses of one source collection. */
final class LossList {
  private final String collection;
  private final List<Loss> losses;

  LossList(String collection, List<Loss> losses) {
    this.collection = collection;
    this.losses = losses;
  }

  void refuse(String field, String code, String text) {
    add(field, code, text, Severity.REFUSED, -1, List.of());
  }

  void structure(String field, String code, String text) {
    add(field, code, text, Severity.STRUCTURE, -1, List.of());
  }

  /** A part of the structure that some records break. */
  void structure(String field, String code, String text, long records) {
    add(field, code, text, Severity.STRUCTURE, records, List.of());
  }

  void form(String field, String code, String text) {
    add(field, code, text, Severity.FORM, -1, List.of());
  }

  /**
   * Single values cannot arrive as they are.
   *
   * @param records how many, −1 where they were not counted
   */
  void values(String field, String code, String text, long records, List<String> examples) {
    add(field, code, text, Severity.VALUE, records, examples);
  }

  private void add(
      String field,
      String code,
      String text,
      Severity severity,
      long records,
      List<String> examples) {
    losses.add(new Loss(collection, field, code, text, severity, records, examples));
  }
}
