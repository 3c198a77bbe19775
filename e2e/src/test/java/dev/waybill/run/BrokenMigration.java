package dev.waybill.run;

import dev.waybill.mapping.BrokenMapping;
import dev.waybill.mapping.Mapping.Way;
import dev.waybill.model.TypeTable;
import dev.waybill.plan.FieldMapping;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Step;
import dev.waybill.sidecar.SeenStore;
import dev.waybill.verify.Pairing;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A migration whose mappings are broken. */
public final class BrokenMigration {
  private BrokenMigration() {}

  /** Does what the plan says, but for the mappings. */
  public static Ended apply(Plan plan, Environment environment) {
    return new Migration(plan, environment, BrokenMigration::pairings).apply();
  }

  private static Map<String, Pairing> pairings(Plan plan, SeenStore source, TypeTable target) {
    Map<String, Pairing> broken = new LinkedHashMap<>();
    Ends.pairings(plan, source, target)
        .forEach(
            (name, right) -> {
              Step step =
                  plan.steps().stream()
                      .filter(each -> each.source().equals(name))
                      .findFirst()
                      .orElseThrow();
              List<String> names = right.source().writtenNames();
              List<Way> ways = new ArrayList<>();
              for (FieldMapping field : step.fields()) {
                ways.add(
                    new Way(
                        field.source(), names.indexOf(field.source()), field.from(), field.to()));
              }
              broken.put(
                  name,
                  new Pairing(
                      right.name(),
                      right.source(),
                      right.target(),
                      BrokenMapping.of(names.size(), ways),
                      right.key(),
                      right.targetKey()));
            });
    return broken;
  }
}
