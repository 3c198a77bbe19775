package dev.waybill.stores.json;

import dev.waybill.stores.json.JsonLayout.Shape;
import dev.waybill.stores.json.Survey.NoObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file once from beginning to end: which shape it has, what its collections are, and that
 * it is whole. A shape that the end does not confirm is given up and the file read again.
 */
final class FileScan {
  /** Bytes of all members of a wrapper that are no collections. */
  private static final int LARGEST_FRAME = 1 << 20;

  /** So many records must have a common member for the members of an object to be records. */
  private static final double ALIKE = 0.5;

  private static final int NAMES = 64;

  private static final byte[] EMPTY = {'[', ']'};

  private final Path file;
  private final long size;
  private final String name;
  private final JsonPlace place;
  private final Path folder;
  private final String id;
  private final Workers workers;

  private @Nullable Shape shape;
  private final boolean isAsked;
  private final Set<String> ofValues = new HashSet<>();
  private final List<Found> found = new ArrayList<>();
  private String why;

  // The attempt at hand.
  private final Item nameItem;
  private final Set<String> members = new LinkedHashSet<>();
  private boolean hasMark;
  private int indent;

  /**
   * @param file uncompressed
   * @param name of its collection, if it has one
   * @param shape what it is known to be, null if that is to be found
   * @param why what is known about it, for people
   * @param folder where indexes may be kept
   * @param id tells this file's from others' there
   * @param workers who look into what is cut
   */
  FileScan(
      Path file,
      long size,
      String name,
      JsonPlace place,
      @Nullable Shape shape,
      String why,
      Path folder,
      String id,
      Workers workers) {
    this.file = file;
    this.size = size;
    this.name = name;
    this.place = place;
    this.shape = shape;
    this.isAsked = place.shape() != null || shape == Shape.WRAPPER;
    this.why = why;
    this.folder = folder;
    this.id = id;
    this.workers = workers;
    this.nameItem = new Item(place.isLenient());
  }

  /** Another attempt is needed. */
  private static final class Again extends Exception {
    private static final long serialVersionUID = 1L;

    Again() {
      super(null, null, false, false);
    }
  }

  /** Names of the members of a file that is one object, the first of them. */
  Set<String> members() {
    return members;
  }

  /** The collections; closing them is up to the caller. */
  List<Found> run() throws IOException, Malformed {
    while (true) {
      boolean isDone = false;
      int piece = workers.piece();
      try (JsonInput in = new JsonInput(file, 0, size, place.isLenient(), piece, piece);
          Survey survey = new Survey(workers, place.isLenient())) {
        members.clear();
        attempt(in, survey);
        isDone = true;
        return found;
      } catch (Again again) {
        // With what was learnt.
      } catch (NoObject other) {
        ofValues.add(other.collection());
      } finally {
        if (!isDone) {
          discard();
        }
      }
    }
  }

  private void discard() throws IOException {
    for (Found each : found) {
      each.close();
    }
    found.clear();
  }

  private void attempt(JsonInput in, Survey survey) throws IOException, Malformed, Again, NoObject {
    try {
      begin(in, survey);
    } catch (Malformed later) {
      // What has been cut may have faults before this one.
      survey.finish();
      throw later;
    }
    survey.finish();
  }

  private void begin(JsonInput in, Survey survey) throws IOException, Malformed, Again, NoObject {
    mark(in);
    in.space();
    int first = in.peek();
    if (shape == Shape.LINES) {
      lines(in, survey);
      return;
    }
    switch (first) {
      case -1 -> throw new Malformed("EMPTY_FILE", in.offset(), "there is nothing in the file");
      case '[' -> {
        require(Shape.ARRAY, in.offset());
        Found array = gather(name, Shape.ARRAY, false, "");
        if (shape == null) {
          why = "it begins with a bracket";
        }
        array(in, survey, array);
        end(in);
        found.add(array.seen(Shape.ARRAY, indent, "", why));
      }
      case '{' -> {
        if (shape == Shape.RECORDS) {
          record(in, survey);
        } else {
          object(in, survey);
        }
      }
      default -> {
        if (isAsked) {
          throw other(in.offset());
        }
        retry(Shape.LINES, "it begins with neither a bracket nor a brace");
      }
    }
  }

  private void require(Shape wanted, long offset) throws Malformed {
    if (shape != null && shape != wanted) {
      throw other(offset);
    }
  }

  private Malformed other(long offset) {
    Shape asked = shape == null ? Shape.ARRAY : shape;
    return new Malformed(
        "OTHER_SHAPE", offset, "what begins here is not of the shape " + asked.word());
  }

  private void retry(Shape next, String reason) throws Again {
    shape = next;
    why = reason;
    throw new Again();
  }

  private void mark(JsonInput in) throws IOException, Malformed {
    hasMark = false;
    int first = in.peek();
    if (first == 0xEF) {
      in.begin();
      int[] mark = {0xEF, 0xBB, 0xBF};
      for (int each : mark) {
        if (in.peek() != each) {
          throw new Malformed("INVALID_UTF8", 0, "a byte is no UTF-8");
        }
        in.skip();
      }
      in.done();
      hasMark = true;
    } else if (first == 0xFE || first == 0xFF) {
      throw new Malformed("INVALID_UTF8", 0, "the file is UTF-16, and JSON is read as UTF-8");
    }
  }

  private Found gather(String collection, Shape as, boolean isNamed, String frame) {
    boolean isValues = ofValues.contains(collection);
    String chosen = isNamed || place.key().contains(",") ? "" : place.key();
    return new Found(
        collection,
        List.of(file),
        as,
        isValues,
        indent,
        hasMark,
        frame,
        new Inference(collection, isNamed, chosen, folder, id + "-" + found.size()),
        new Positions(),
        why);
  }

  // --- one collection

  private void lines(JsonInput in, Survey survey) throws IOException, Malformed, NoObject {
    Found lines = gather(name, Shape.LINES, false, "");
    found.add(lines);
    in.space();
    while (in.peek() >= 0) {
      add(in, survey, lines);
      in.space();
    }
    lines.positions().end(in.offset());
  }

  private void cut(JsonInput in) throws IOException, Malformed {
    in.begin();
    in.cut();
  }

  /** Cuts the next value and adds it. */
  private void add(JsonInput in, Survey survey, Found to) throws IOException, Malformed, NoObject {
    cut(in);
    long position = in.startOffset();
    to.positions().add(position);
    survey.add(to, in.lend(), in.from(), in.to(), position, position, null);
    in.done();
  }

  /** Reads the elements of an array whose bracket is the next byte. */
  private void array(JsonInput in, Survey survey, Found to)
      throws IOException, Malformed, NoObject {
    in.skip();
    if (found.isEmpty()) {
      indent(in);
    }
    in.space();
    boolean isOpen = in.peek() != ']';
    if (!isOpen && found.isEmpty()) {
      indent = 0;
    }
    while (isOpen) {
      if (in.peek() < 0) {
        throw in.cut("an array");
      }
      add(in, survey, to);
      isOpen = isFollowed(in, ']');
    }
    to.positions().end(in.offset());
    in.skip();
  }

  /** Skips a comma; false if the end of the array or object is next. */
  private boolean isFollowed(JsonInput in, char close) throws IOException, Malformed {
    in.space();
    int next = in.peek();
    if (next == close) {
      return false;
    }
    if (next < 0) {
      throw in.cut(close == ']' ? "an array" : "an object");
    }
    if (next != ',') {
      throw new Malformed(in.offset(), "a comma or " + close + " is missing");
    }
    in.skip();
    in.space();
    if (in.peek() == close && !place.isLenient()) {
      throw new Malformed(in.offset(), "a comma is followed by nothing");
    }
    return in.peek() != close;
  }

  private void end(JsonInput in) throws IOException, Malformed {
    in.space();
    if (in.peek() >= 0) {
      throw new Malformed(in.offset(), "something follows what the file holds");
    }
  }

  /** How far the first line is indented that is nested once. */
  private void indent(JsonInput in) throws IOException, Malformed {
    indent = 0;
    boolean isNewLine = false;
    for (int c = in.peek(); c >= 0 && JsonScan.isSpace((byte) c); c = in.peek()) {
      isNewLine |= c == '\n';
      indent = c == '\n' ? 0 : indent + (c == ' ' ? 1 : 0);
      in.skip();
    }
    indent = isNewLine ? Math.min(indent, 16) : 0;
  }

  private void record(JsonInput in, Survey survey) throws IOException, Malformed, NoObject {
    Found record = gather(name, Shape.RECORDS, true, "");
    found.add(record);
    cut(in);
    // Records that are files are known by their numbers.
    record.positions().add(0);
    record.positions().end(1);
    survey.add(record, in.lend(), in.from(), in.to(), in.startOffset(), 0, name);
    in.done();
    survey.finish();
    record.inference().fields().stream().limit(NAMES).forEach(field -> members.add(field.name()));
    end(in);
  }

  // --- an object, which may be several things

  /** What is gathered of an object until its end says what it is. */
  private static final class Parts {
    private final Map<String, Found> arrays = new LinkedHashMap<>();
    private final JsonText frame = new JsonText();
    private boolean areAllObjects = true;
    private long count;
    private long frameBegin;
  }

  private void object(JsonInput in, Survey survey) throws IOException, Malformed, Again, NoObject {
    Parts parts = new Parts();
    parts.frameBegin = in.offset();
    parts.frame.put('{');
    in.skip();
    indent(in);
    Found keyed = gather(name, Shape.KEYED, true, "");
    found.add(keyed);
    in.space();
    boolean isOpen = in.peek() != '}';
    while (isOpen) {
      member(in, survey, parts, keyed);
      isOpen = isFollowed(in, '}');
    }
    keyed.positions().end(in.offset());
    parts.frame.put('}');
    in.skip();
    in.space();
    survey.finish();
    if (in.peek() >= 0) {
      if (isAsked) {
        end(in);
      }
      retry(Shape.LINES, "several values follow one another");
    }
    decide(parts, keyed);
  }

  private void member(JsonInput in, Survey survey, Parts parts, Found keyed)
      throws IOException, Malformed, NoObject {
    if (in.peek() != '"') {
      throw in.peek() < 0
          ? in.cut("an object")
          : new Malformed(in.offset(), "a member's name is missing");
    }
    cut(in);
    long begin = in.startOffset();
    nameItem.take(in.bytes(), in.from(), in.to(), begin);
    String member = Item.name(nameItem.text(), nameItem.from() + 1, nameItem.to() - 1);
    if (members.size() < NAMES) {
      members.add(member);
    }
    in.space();
    if (in.peek() != ':') {
      throw in.peek() < 0
          ? in.cut("an object")
          : new Malformed(in.offset(), "the colon behind a member's name is missing");
    }
    in.skip();
    in.space();
    if (in.peek() == '[') {
      parts.areAllObjects = false;
      if (isCollection(in)) {
        collection(in, survey, member, parts);
        return;
      }
    }
    parts.areAllObjects &= in.peek() == '{';
    int value = in.behindStart();
    in.cut();
    frame(parts, member, in.bytes(), in.from() + value, in.to());
    long offset = in.startOffset() + value;
    if (parts.areAllObjects && shape != Shape.WRAPPER) {
      keyed.positions().add(begin);
      survey.add(keyed, in.lend(), in.from() + value, in.to(), offset, begin, member);
    } else {
      survey.check(keyed, in.lend(), in.from() + value, in.to(), offset);
    }
    parts.count++;
    in.done();
  }

  /** True if the array that is next holds objects, by the first of them. */
  private boolean isCollection(JsonInput in) throws IOException, Malformed {
    in.begin();
    in.skip();
    in.space();
    int first = in.peek();
    in.back();
    return first == '{' || first == ']' && shape == Shape.WRAPPER && isAsked;
  }

  private void collection(JsonInput in, Survey survey, String member, Parts parts)
      throws IOException, Malformed, NoObject {
    if (parts.arrays.containsKey(member)) {
      throw new Malformed(
          "NAME_TWICE", in.offset(), "the file has two members called \"" + member + "\"");
    }
    Found array = gather(member, Shape.WRAPPER, false, "");
    found.add(array);
    parts.arrays.put(member, array);
    in.done();
    array(in, survey, array);
    frame(parts, member, EMPTY, 0, EMPTY.length);
  }

  private void frame(Parts parts, String member, byte[] text, int from, int to) {
    if (parts.frame.size() + to - from <= LARGEST_FRAME) {
      parts.frame.put(parts.frame.size() > 1 ? "," : "");
      JsonStrings.quote(member, parts.frame);
      parts.frame.put(':');
      if (place.isLenient()) {
        LenientText.strict(text, from, to, parts.frame);
      } else {
        parts.frame.put(text, from, to - from);
      }
    } else if (parts.frame.size() <= LARGEST_FRAME) {
      parts.frame.put(new byte[LARGEST_FRAME], 0, LARGEST_FRAME);
    }
  }

  private void decide(Parts parts, Found keyed) throws IOException, Malformed, Again {
    boolean isWrapper = shape == Shape.WRAPPER || shape == null && !parts.arrays.isEmpty();
    if (isWrapper) {
      if (parts.arrays.isEmpty()) {
        throw other(parts.frameBegin);
      }
      if (parts.frame.size() > LARGEST_FRAME) {
        throw new Malformed(
            "FRAME_TOO_LARGE",
            parts.frameBegin,
            "the members beside the collections are larger than " + LARGEST_FRAME + " bytes");
      }
      if (shape == null) {
        why = "it is an object with arrays of objects in it";
      }
      found.remove(keyed);
      keyed.close();
      found.replaceAll(each -> each.seen(Shape.WRAPPER, indent, parts.frame.toString(), why));
      return;
    }
    Malformed unfit = keyed.inference().unfit();
    if (shape == Shape.KEYED) {
      if (!parts.areAllObjects) {
        throw other(parts.frameBegin);
      }
    } else if (!parts.areAllObjects
        || parts.count == 1
        || unfit == null && keyed.inference().alike() < ALIKE) {
      retry(Shape.RECORDS, "it is one object");
    } else {
      why = "it is an object of objects that have members in common";
    }
    if (unfit != null) {
      throw unfit;
    }
    found.set(0, keyed.seen(Shape.KEYED, indent, "", why));
  }
}
