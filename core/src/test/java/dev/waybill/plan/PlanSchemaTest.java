package dev.waybill.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;

@Domain(Plans.class)
@Domain(DomainContext.Global.class)
class PlanSchemaTest {
  private static final Path FORMATS =
      Path.of(System.getProperty("waybill.root", "..")).resolve("docs/formats");
  private static final ObjectNode TEXT = schemaText();
  private static final JsonSchema SCHEMA =
      JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(TEXT);

  private static final String PLAN =
      """
      waybill-plan: 2
      from: a:x
      to: b:x
      stores: {from: a, to: b}
      fingerprints: {from: "0", to: "1"}
      options: {verify: {level: full}, backup: {enabled: false}}
      estimate: {}
      collections:
        - source: people
          fields:
            - {source: id, model: m, default: {expression: "1"}}
          foreign-keys: [{fields: [id], target: people, target-fields: [id]}]
          indexes: [{columns: [{field: id}], options: {metric: l2}}]
          endpoints: {from: a, from-fields: [], to: b, to-fields: []}
          detail: {objects: [{kind: a, name: b, definition: c}], properties: [{name: a, value: b}]}
      left-out: [{name: x}]
      losses: [{code: X}]
      reembed: {collection: a, text: b, vector: c, model: d, signature: e@3, cache: f}
      """;
  private static final String PROFILE =
      "{waybill-profile: 1, options: {verify: {level: full}}, collections: [{source: a, fields:"
          + " [{source: b, model: m, default: {expression: c}}]}]}";

  private static ObjectNode schemaText() {
    try {
      return (ObjectNode)
          new ObjectMapper().readTree(Files.readString(FORMATS.resolve("plan.schema.json")));
    } catch (IOException missing) {
      throw new IllegalStateException(missing);
    }
  }

  private static Set<ValidationMessage> faults(String yaml) {
    try {
      return SCHEMA.validate(new YAMLMapper().readTree(yaml));
    } catch (IOException broken) {
      throw new IllegalStateException(broken);
    }
  }

  @Property(tries = 200)
  void everyPlanIsAsTheSchemaSays(@ForAll Plan plan) {
    assertThat(SCHEMA.validate(PlanWriter.tree(plan))).isEmpty();
  }

  @Example
  void theSchemaFindsWhatTheReaderRefuses() {
    assertThat(faults(PLAN)).isEmpty();
    assertThat(faults(PROFILE)).isEmpty();
    for (String wrong :
        List.of(
            PLAN + "colour: red\n",
            PLAN.replace("from: a:x\n", ""),
            PLAN.replace("source: people", "sauce: people"),
            PLAN.replace("level: full", "level: most"),
            PLAN.replace("enabled: false", "enabled: false, path: b"),
            PLAN.replace("waybill-plan: 2", "waybill-plan: 3"),
            PLAN.replace("{source: id,", "{source: id, to: longtext,"),
            PLAN.replace("{source: id,", "{source: id, nullable: perhaps,"),
            PROFILE.replace("waybill-profile: 1", "waybill-profile: 2"),
            PROFILE.replace("source: b", "drop: maybe"))) {
      assertThat(faults(wrong)).as(wrong).isNotEmpty();
    }
  }

  @Example
  void theSchemaHasEveryMemberThatIsReadAndNoOther() throws Exception {
    assertThat(ofSchema("plan")).isEqualTo(read(PLAN, true));
    assertThat(ofSchema("profile")).isEqualTo(read(PROFILE, false));
  }

  private static Map<String, Set<String>> read(String text, boolean isPlan) throws FileFault {
    Node root = YamlText.read(text);
    Faults faults = new Faults("", root.places());
    if (isPlan) {
      PlanReader.read(root, "", faults);
    } else {
      FragmentReader.read(root, "", faults);
    }
    Map<String, Set<String>> known = new TreeMap<>();
    faults
        .known()
        .forEach(
            (path, members) ->
                known.put(path.replaceAll("\\[\\d+]", "[]"), new TreeSet<>(members)));
    return known;
  }

  private static Map<String, Set<String>> ofSchema(String definition) {
    Map<String, Set<String>> members = new TreeMap<>();
    note(TEXT.at("/$defs/" + definition), "", members);
    return members;
  }

  private static void note(JsonNode schema, String path, Map<String, Set<String>> members) {
    if (schema.path("$ref").isTextual()) {
      note(TEXT.at(schema.path("$ref").asText().substring(1)), path, members);
    }
    schema.path("oneOf").forEach(each -> note(each, path, members));
    if (schema.has("items")) {
      note(schema.path("items"), path + "[]", members);
    }
    if (schema.has("properties")) {
      Set<String> names = new TreeSet<>();
      for (Map.Entry<String, JsonNode> member : schema.path("properties").properties()) {
        names.add(member.getKey());
        String at = path.isEmpty() ? member.getKey() : path + "." + member.getKey();
        note(member.getValue(), at, members);
      }
      members.put(path, names);
    }
  }

  @Example
  void everyMemberIsDescribed() {
    assertThat(undescribed(TEXT.path("$defs"), "")).isEmpty();
  }

  private static Set<String> undescribed(JsonNode node, String path) {
    Set<String> found = new TreeSet<>();
    JsonNode members =
        node.path("type").asText().equals("object")
            ? node.path("properties")
            : MissingNode.getInstance();
    for (Map.Entry<String, JsonNode> member : members.properties()) {
      JsonNode target =
          member.getValue().has("$ref")
              ? TEXT.at(member.getValue().path("$ref").asText().substring(1))
              : member.getValue();
      if (target.path("description").asText().isEmpty()) {
        found.add(path + "." + member.getKey());
      }
    }
    for (Map.Entry<String, JsonNode> member : node.properties()) {
      found.addAll(undescribed(member.getValue(), path + "/" + member.getKey()));
    }
    return found;
  }

  @Example
  void theProfilesOfThePageAreRead() throws Exception {
    Matcher block =
        Pattern.compile("```yaml\n(waybill-profile:.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(FORMATS.resolve("plan.md")));
    int blocks = 0;
    while (block.find()) {
      blocks++;
      assertThat(faults(block.group(1))).isEmpty();
      assertThat(PlanFile.readFragment("plan.md", block.group(1)).collections()).isNotEmpty();
    }
    assertThat(blocks).isPositive();
  }
}
