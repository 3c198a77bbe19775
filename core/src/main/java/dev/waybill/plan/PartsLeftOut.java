package dev.waybill.plan;

import dev.waybill.model.Catalog;
import dev.waybill.model.Catalog.LeftOut;
import dev.waybill.model.Collection;
import dev.waybill.model.Loss;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a plan leaves out of the collections that it carries: fields, and records by a filter. */
final class PartsLeftOut {
  private static final String ASKED = "left out as asked";

  private PartsLeftOut() {}

  /** The fields that no line reads, but for those that cannot go, and what filters keep back. */
  static List<LeftOut> of(List<Step> steps, Catalog source, List<Loss> losses) {
    List<LeftOut> parts = new ArrayList<>();
    for (Step step : steps) {
      Optional<Collection> collection = collection(step, source);
      if (collection.isEmpty()) {
        continue;
      }
      for (String field : collection.get().writtenNames()) {
        boolean isRead = step.fields().stream().anyMatch(line -> line.sources().contains(field));
        if (!isRead && !isRefused(step.source(), field, losses)) {
          parts.add(new LeftOut(name(step, field), ASKED, true));
        }
      }
      if (!step.filter().isEmpty()) {
        String reason = "records of which \"" + step.filter() + "\" is not true, " + ASKED;
        parts.add(new LeftOut(step.source(), reason, true));
      }
    }
    return parts;
  }

  /** The list of a plan that was edited since: its parts are looked for anew. */
  static List<LeftOut> anew(
      List<LeftOut> all, List<Step> steps, Catalog source, List<Loss> losses) {
    List<LeftOut> leftOut = new ArrayList<>();
    for (LeftOut each : all) {
      if (steps.stream().noneMatch(step -> isPart(each.name(), step, source))) {
        leftOut.add(each);
      }
    }
    leftOut.addAll(of(steps, source, losses));
    return leftOut;
  }

  private static boolean isPart(String name, Step step, Catalog source) {
    return name.equals(step.source())
        || source.collection(name).isEmpty()
            && collection(step, source).stream()
                .flatMap(collection -> collection.writtenNames().stream())
                .anyMatch(field -> name.equals(name(step, field)));
  }

  private static Optional<Collection> collection(Step step, Catalog source) {
    return Sidecar.isPart(step.source()) ? Optional.empty() : source.collection(step.source());
  }

  private static String name(Step step, String field) {
    return step.source() + "." + field;
  }

  private static boolean isRefused(String collection, String field, List<Loss> losses) {
    return losses.stream()
        .anyMatch(
            loss ->
                loss.severity() == Loss.Severity.REFUSED
                    && loss.collection().equals(collection)
                    && loss.field().equals(field));
  }
}
