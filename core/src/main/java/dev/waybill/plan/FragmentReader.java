package dev.waybill.plan;

import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.EmbeddingModel;
import dev.waybill.model.Field.Default;
import dev.waybill.model.Field.Generation;
import dev.waybill.model.LogicalType;
import dev.waybill.model.Triggers;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads profiles, and what plans have in common with them. */
final class FragmentReader {
  static final String POLICY = "fail, skip, overwrite, newer:FIELD or append";

  /** What a null in the target stands for: itself, or a field that is absent in the source. */
  static final String NULL_IS = "null-is";

  static final String NULL_ABSENT = "absent";

  private static final int VERSION = 1;
  private static final int MOST_FIELDS = 100_000;

  private FragmentReader() {}

  static Fragment read(Node root, String name) {
    return read(root, name, new Faults(name, root.places()));
  }

  static Fragment read(Node root, String name, Faults faults) {
    Members members = new Members(root, "", faults);
    long version = members.number("waybill-profile", -1);
    if (version != VERSION) {
      faults.add(
          "waybill-profile",
          members.has("waybill-profile")
              ? "this Waybill reads profiles of version " + VERSION
              : "a profile begins with \"waybill-profile: " + VERSION + "\"");
      faults.throwIfAny("profile");
    }
    List<CollectionWish> collections = new ArrayList<>();
    Set<String> sources = new HashSet<>();
    for (Members node : members.objects("collections")) {
      CollectionWish wish = collection(node);
      if (!sources.add(wish.source())) {
        node.fault("source", "\"" + wish.source() + "\" has an entry already");
      }
      collections.add(wish);
    }
    OptionWishes options = OptionReader.read(members.object("options"));
    members.textOrNull("description");
    members.close();
    faults.throwIfAny("profile");
    return new Fragment(name, collections, options, root.places());
  }

  private static CollectionWish collection(Members node) {
    List<FieldWish> fields = new ArrayList<>();
    for (Members line : node.objects("fields")) {
      FieldWish wish = field(line);
      line.close();
      fields.add(wish);
    }
    CollectionWish wish =
        new CollectionWish(
            node.path(),
            node.text("source"),
            node.textOrNull("target"),
            false,
            node.is("drop", false),
            node.textsOrNull("key"),
            node.textOrNull("filter"),
            node.parsedOrNull("on-conflict", POLICY, ConflictPolicy::parse),
            node.constantOrNull("triggers", Triggers.class),
            batchSize(node),
            node.texts("order"),
            fields);
    visibility(node);
    node.close();
    return wish;
  }

  static @Nullable Integer batchSize(Members node) {
    return node.has("batch-size") ? node.between("batch-size", 0, 1_000_000, 0) : null;
  }

  static void visibility(Members node) {
    String visibility = node.text("visibility", "in-place");
    if (!visibility.equals("in-place")) {
      node.fault(
          "visibility",
          "\""
              + visibility
              + "\" is not there yet: records go where they belong, and become visible there as the"
              + " store has it, which is \"in-place\"");
    }
  }

  /** A line of {@code fields}; its other members are left to the caller. */
  static FieldWish field(Members line) {
    List<String> sources =
        line.has("sources")
            ? line.texts("sources")
            : line.has("source") ? List.of(line.text("source")) : List.of();
    @Nullable String constant = line.textOrNull("constant");
    boolean isDropped = line.is("drop", false);
    FieldWish wish =
        new FieldWish(
            line.path(),
            sources,
            constant,
            isDropped,
            type(line, "from"),
            line.textOrNull("as"),
            line.textOrNull("target"),
            type(line, "to"),
            type(line, "stored"),
            line.textOrNull("native"),
            line.isOrNull("nullable"),
            defaultValue(line),
            line.constantOrNull("generation", Generation.class),
            line.between("position", 1, MOST_FIELDS, 0),
            isNullAbsent(line),
            line.parsedOrNull("model", "NAME[@DIMENSION][#HASH]", EmbeddingModel::parse));
    int given =
        (line.has("source") ? 1 : 0) + (line.has("sources") ? 1 : 0) + (constant == null ? 0 : 1);
    if (given > 1) {
      line.fault("target", "a line has a source, sources or a constant, not several of them");
    } else if (given == 0 && !wish.isComputed()) {
      line.fault("target", "a line needs a source, sources or a constant");
    } else if (sources.size() != 1 && wish.target() == null && !isDropped) {
      line.fault("target", "it must be said into which field this goes");
    }
    if (isDropped && sources.isEmpty()) {
      line.fault("drop", "only fields of the source can be dropped");
    }
    return wish;
  }

  private static boolean isNullAbsent(Members line) {
    String stands = line.text(NULL_IS, "null");
    if (!stands.equals("null") && !stands.equals(NULL_ABSENT)) {
      line.fault(NULL_IS, "a null stands for \"null\" or \"" + NULL_ABSENT + "\"");
    }
    return stands.equals(NULL_ABSENT);
  }

  private static @Nullable LogicalType type(Members line, String name) {
    return line.parsedOrNull(name, "a logical type", LogicalType::parse);
  }

  private static @Nullable Default defaultValue(Members line) {
    if (!line.has("default")) {
      return null;
    }
    Members value = line.object("default");
    Default given = new Default(value.textOrNull("literal"), value.text("expression"));
    value.close();
    return given;
  }
}
