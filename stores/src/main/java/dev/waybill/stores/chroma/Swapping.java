package dev.waybill.stores.chroma;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.CosineForm;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Ledger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Puts what a run has built in the place of what was there, and back. A swap is two renames; what
 * is broken off in between is carried to its end by whoever begins next, for the collection that
 * was built says what it is for and what it replaces (docs/adr/0024).
 */
final class Swapping {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String BROUGHT = "brought ";
  private static final String SWAPPED = "swapped ";
  private static final int ATTEMPTS = 5;

  private final ServerApi api;
  private final String run;
  private final Ledger ledger;

  Swapping(ServerApi api, String run, Ledger ledger) {
    this.api = api;
    this.run = run;
    this.ledger = ledger;
  }

  private Optional<String> noted(String what) {
    String found = null;
    for (Ledger.Note note : ledger.notes()) {
      if (note.what() == Ledger.Note.What.OBJECT_CREATED && note.name().equals(what)) {
        found = note.detail();
      }
    }
    return Optional.ofNullable(found);
  }

  private void note(String what, String detail) {
    ledger.note(new Ledger.Note(Ledger.Note.What.OBJECT_CREATED, what, detail));
  }

  private static String id(JsonNode told) {
    return told.path("id").asText();
  }

  private void rename(String id, String name) {
    ObjectNode change = JSON.createObjectNode();
    change.put("new_name", name);
    api.change(id, change);
  }

  private String hidden(Beside.Role role, String name) {
    return Beside.hidden(run, role, name);
  }

  // --- bringing what is there

  /** What a collection holds, as far as a digest tells. */
  private record Held(long count, RecordDigest sum) {
    String words() {
      return count + " " + sum;
    }
  }

  /** True if all of a collection's records had been brought. */
  boolean isWhole(String name, String from) {
    return noted(BROUGHT + name).filter(detail -> detail.startsWith(from + " ")).isPresent();
  }

  /** Copies all records to where the run goes on with them. */
  void bring(String name, FoundCollection from, FoundCollection to) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      long seen = 0;
      for (ArrayNode page = api.ids(from, 0); page.size() > 0; page = api.ids(from, seen)) {
        for (List<String> some : parts(page)) {
          copy(from, to, some);
        }
        seen += page.size();
      }
      Held held = held(from);
      if (held.equals(held(to))) {
        note(BROUGHT + name, from.id() + " " + held.words());
        return;
      }
      for (ArrayNode page = api.ids(to, 0); page.size() > 0; page = api.ids(to, 0)) {
        for (List<String> some : parts(page)) {
          api.remove(to, some);
        }
      }
    }
    throw api.keepsMoving("the records of \"" + ChromaErrors.shown(name) + "\"");
  }

  private static List<List<String>> parts(ArrayNode page) {
    List<List<String>> parts = new ArrayList<>();
    List<String> part = new ArrayList<>();
    for (JsonNode id : page) {
      part.add(id.asText());
      if (part.size() == Answer.MOST) {
        parts.add(part);
        part = new ArrayList<>();
      }
    }
    if (!part.isEmpty()) {
      parts.add(part);
    }
    return parts;
  }

  private void copy(FoundCollection from, FoundCollection to, List<String> ids) {
    Request request = new Request(api, to, "upsert");
    for (Answer each : Answer.of(api, from, ids).values()) {
      float[] vector = each.vector();
      float[] sent =
          from.space() == FoundCollection.Space.COSINE ? CosineForm.sentFor(vector) : vector;
      if (sent == null) {
        throw new StoreException(
            "NOT_COPIED_EXACTLY",
            "The record \""
                + ChromaErrors.shown(each.id())
                + "\" of \""
                + ChromaErrors.shown(from.name())
                + "\" cannot be copied beside bit for bit: under the cosine space the server would"
                + " answer another vector.",
            "write into a new collection: rename it in the plan",
            false,
            null);
      }
      ObjectNode metadata = JSON.createObjectNode();
      each.metadata()
          .properties()
          .forEach(value -> metadata.set(value.getKey(), MetadataValue.exact(value.getValue())));
      request.add(each.id(), sent, each.document(), each.uri(), metadata, -1);
    }
    request.end();
  }

  // --- swapping

  /**
   * Carries to its end what somebody has begun: a collection whose old one has its name no more
   * gets it.
   */
  void carryOn() {
    List<JsonNode> all = api.collections();
    Map<String, JsonNode> byId = new HashMap<>();
    Map<String, JsonNode> byName = new TreeMap<>();
    for (JsonNode each : all) {
      byId.put(id(each), each);
      byName.put(each.path("name").asText(), each);
    }
    for (JsonNode each : all) {
      JsonNode replaced = byId.get(Beside.replaced(each));
      if (Beside.isHidden(each)
          && replaced != null
          && Beside.isHidden(replaced)
          && !byName.containsKey(Beside.nameFor(each))) {
        api.change(id(each), Beside.becoming(each));
        byName.put(Beside.nameFor(each), each);
      }
    }
    for (String name : replaced()) {
      JsonNode old = byName.get(hidden(Beside.Role.OLD, name));
      if (old != null && !byName.containsKey(name)) {
        rename(id(old), name);
      }
      removeGone(name);
    }
  }

  private void removeGone(String name) {
    String gone = hidden(Beside.Role.GONE, name);
    api.collection(gone).ifPresent(each -> api.delete(gone, id(each)));
  }

  /** Names of which the run has replaced the collection. */
  Set<String> replaced() {
    Set<String> names = new LinkedHashSet<>();
    for (Ledger.Note note : ledger.notes()) {
      if (note.what() == Ledger.Note.What.OBJECT_CREATED && note.name().startsWith(SWAPPED)) {
        names.add(note.name().substring(SWAPPED.length()));
      }
    }
    return names;
  }

  /** Gives a collection that was built its name. */
  void publish(Beside beside) {
    String name = beside.name();
    JsonNode built = api.collection(beside.found().name()).orElseThrow(() -> changed(name));
    Optional<JsonNode> there = api.collection(name);
    if (beside.isMade()) {
      if (there.isPresent()) {
        throw changed(name);
      }
      api.change(id(built), Beside.becoming(built));
      return;
    }
    JsonNode old = there.orElseThrow(() -> changed(name));
    String brought = noted(BROUGHT + name).orElse("");
    FoundCollection now = api.found(old);
    if (!brought.equals(now.id() + " " + held(now).words())) {
      throw changed(name);
    }
    boolean isFirst = noted(SWAPPED + name).isEmpty();
    if (isFirst) {
      note(SWAPPED + name, now.id());
    }
    rename(now.id(), hidden(isFirst ? Beside.Role.OLD : Beside.Role.GONE, name));
    api.change(id(built), Beside.becoming(built));
    removeGone(name);
  }

  private StoreException changed(String name) {
    return new StoreException(
        "TARGET_CHANGED",
        "The collection \""
            + name
            + "\" at "
            + api.place()
            + " was changed by somebody else since the run began to write, so it is not replaced.",
        "put the run back (waybill rollback), which leaves the collection as it is now, and run"
            + " again",
        false,
        null);
  }

  /**
   * Puts back what was replaced, if that is what it comes to: then it is the very collection that
   * was there. Else somebody has changed other records since, and what was undone record by record
   * stands.
   *
   * @param undone what the run's records were taken out of, null if that is what has the name
   */
  void putBack(String name, @Nullable Beside undone) {
    String kept = hidden(Beside.Role.OLD, name);
    JsonNode old = api.collection(kept).orElse(null);
    if (old == null) {
      if (undone != null) {
        publish(undone);
      }
      return;
    }
    JsonNode there = api.collection(name).orElse(null);
    FoundCollection comesTo =
        undone != null ? undone.found() : there == null ? null : api.found(there);
    if (comesTo != null && !held(comesTo).equals(held(api.found(old)))) {
      if (undone != null) {
        publish(undone);
      }
      api.delete(kept, id(old));
      return;
    }
    if (undone != null) {
      api.delete(undone.found().name(), undone.found().id());
    }
    if (there != null) {
      rename(id(there), hidden(Beside.Role.GONE, name));
    }
    rename(id(old), name);
    removeGone(name);
  }

  private Held held(FoundCollection found) {
    CanonicalForm canonical = new CanonicalForm();
    RecordBatch one = new RecordBatch(5);
    RecordDigest sum = RecordDigest.ZERO;
    long seen = 0;
    for (ArrayNode page = api.ids(found, 0); page.size() > 0; page = api.ids(found, seen)) {
      for (List<String> some : parts(page)) {
        for (Answer each : Answer.of(api, found, some).values()) {
          one.clear();
          one.putText(each.id());
          one.putText(each.document().toString());
          one.putText(each.uri().toString());
          Map<String, String> metadata = new TreeMap<>();
          each.metadata()
              .properties()
              .forEach(value -> metadata.put(value.getKey(), value.getValue().toString()));
          one.putText(metadata.toString());
          one.putVector(each.vector());
          sum = sum.plus(canonical.digest(one, 0));
        }
      }
      seen += page.size();
    }
    return new Held(seen, sum);
  }

  /** Removes all that the run has at the server beside what applications see. */
  void forget() {
    for (JsonNode each : api.collections()) {
      String name = each.path("name").asText();
      if (name.startsWith(Beside.prefix(run))) {
        api.delete(name, id(each));
      }
    }
  }
}
