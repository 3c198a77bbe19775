package dev.waybill.cli;

import dev.waybill.MigrationSpec;
import dev.waybill.Waybill;
import dev.waybill.model.SessionOptions;
import dev.waybill.model.SpecException;
import dev.waybill.plan.Fragment;
import dev.waybill.plan.Nesting;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say which two stores are meant and what of them. */
final class SideOptions {
  @Option(names = "--from", paramLabel = "URL", description = "The source, which is only read.")
  @Nullable String from;

  @Option(
      names = "--to",
      paramLabel = "URL",
      description = "The target; from quarantine:RUN by default the run's own.")
  @Nullable String to;

  @Option(
      names = "--only",
      paramLabel = "A,B",
      split = ",",
      hideParamSyntax = true,
      description = "Take these collections and no others.")
  List<String> only = new ArrayList<>();

  @Option(
      names = "--exclude",
      paramLabel = "C",
      split = ",",
      hideParamSyntax = true,
      description = "Leave these collections out.")
  List<String> exclude = new ArrayList<>();

  @Option(
      names = "--key",
      paramLabel = "C=F[,F]",
      description = "The fields that identify a record of C, where the store does not say.")
  List<String> keys = new ArrayList<>();

  @Option(
      names = "--normalise",
      paramLabel = "C.F",
      description =
          "See the objects and arrays in field F of C as a collection C.F with a foreign key to C;"
              + " C alone: its fields are never absent.")
  List<String> normalise = new ArrayList<>();

  @Option(
      names = "--denormalise",
      paramLabel = "C.F[=D][(O)]",
      description =
          "See the records of C.F (or D) as elements of field F of C, along their foreign key, in"
              + " the order of O.")
  List<String> denormalise = new ArrayList<>();

  @Option(
      names = "--type",
      paramLabel = "C.F=TYPE",
      description =
          "What field F of C is to be, a type or how its values are read: bytes, vector(float32,384),"
              + " f32, json:vector(float32,384).")
  List<String> types = new ArrayList<>();

  @Option(
      names = "--model",
      paramLabel = "C.F=NAME[@DIMENSION][#HASH]",
      description =
          "Which model the vectors in field F of C are of, where the source does not say.")
  List<String> models = new ArrayList<>();

  @Option(
      names = "--profile",
      paramLabel = "FILE",
      description = "Take from this file what is to be otherwise than Waybill would decide.")
  @Nullable Path profile;

  @Option(
      names = "--set",
      paramLabel = "NAME=VALUE",
      description =
          "A setting of every connection, where the store has such; with several values of one"
              + " name everything is done once under each.")
  List<String> settings = new ArrayList<>();

  @Option(
      names = "--connections",
      paramLabel = "N",
      description = "Connections to each store (${DEFAULT-VALUE}).")
  int connections = 2;

  void warnOfPasswords(WaybillCommand waybill) {
    waybill.warnOfPassword("the URL of --from", from);
    waybill.warnOfPassword("the URL of --to", to);
  }

  /** For a line at the start. */
  String text() {
    return (from == null ? "" : Secrets.maskedUrl(from))
        + " to "
        + (to == null ? "" : Secrets.maskedUrl(to));
  }

  boolean isGiven() {
    return from != null || to != null;
  }

  /**
   * The spec so far, everything else as it is by default.
   *
   * @param library reads the profile
   */
  MigrationSpec spec(Waybill library) {
    if (from != null && to == null) {
      to = library.usualTarget(from).orElse(null);
    }
    if (from == null || to == null) {
      throw new SpecException(
          "USAGE",
          "The option " + (from == null ? "--from" : "--to") + " is missing.",
          "add " + (from == null ? "--from" : "--to") + " URL; waybill stores lists the URLs");
    }
    MigrationSpec basis = MigrationSpec.of(from, to);
    SessionOptions session = basis.session();
    return new MigrationSpec(
        from,
        to,
        only,
        exclude,
        keys(),
        basis.onConflict(),
        basis.verify(),
        basis.onFailure(),
        (int) atLeast(1, "--connections", connections),
        basis.batchSize(),
        basis.maxQuarantined(),
        basis.maxRate(),
        basis.onLoss(),
        basis.hasSidecar(),
        new SessionOptions(
            settings(), session.lockTimeout(), session.statementTimeout(), session.isAnalyzed()),
        basis.triggers(),
        basis.backup(),
        Fragment.withModels(
            Fragment.withTypes(
                profile == null ? null : library.readProfile(profile),
                ofFields("--type", types, "type", "TYPE")),
            ofFields("--model", models, "model", "NAME[@DIMENSION][#HASH]")),
        new Nesting(normalise, denormalise));
  }

  private Map<String, List<String>> settings() {
    Map<String, List<String>> all = new LinkedHashMap<>();
    for (String option : settings) {
      int equals = option.indexOf('=');
      if (equals < 1) {
        throw new SpecException(
            "USAGE", "--set " + option + " has no name or no value.", "write --set NAME=VALUE");
      }
      all.computeIfAbsent(option.substring(0, equals), name -> new ArrayList<>())
          .add(option.substring(equals + 1));
    }
    return all;
  }

  /** What is said of fields, by {@code COLLECTION.FIELD}. */
  private static Map<String, String> ofFields(
      String option, List<String> given, String what, String spelling) {
    Map<String, String> all = new LinkedHashMap<>();
    for (String each : given) {
      int equals = each.lastIndexOf('=');
      if (equals < 1 || equals == each.length() - 1) {
        throw new SpecException(
            "USAGE",
            option + " " + each + " names no field or no " + what + ".",
            "write " + option + " COLLECTION.FIELD=" + spelling);
      }
      all.put(each.substring(0, equals), each.substring(equals + 1));
    }
    return all;
  }

  private Map<String, List<String>> keys() {
    Map<String, List<String>> all = new LinkedHashMap<>();
    for (String option : keys) {
      for (String one : option.split(";", -1)) {
        int equals = one.indexOf('=');
        List<String> fields =
            equals < 1 ? List.of() : List.of(one.substring(equals + 1).split(",", -1));
        if (fields.isEmpty() || fields.contains("")) {
          throw new SpecException(
              "USAGE",
              "--key " + option + " does not say which fields of which collection are the key.",
              "write --key COLLECTION=FIELD or --key COLLECTION=FIELD,FIELD");
        }
        all.put(one.substring(0, equals), fields);
      }
    }
    return all;
  }

  static long atLeast(long least, String option, long value) {
    if (value < least) {
      throw new SpecException(
          "USAGE",
          option + " is " + value + ", but must be at least " + least + ".",
          "leave " + option + " out for the usual value");
    }
    return value;
  }
}
