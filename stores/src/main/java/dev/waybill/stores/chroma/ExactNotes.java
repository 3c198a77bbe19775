package dev.waybill.stores.chroma;

import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Doubles of a record that Chroma's server keeps as their neighbours, and minus zeros, which it
 * keeps as zeros: noted in the record's own metadata under {@link #KEY}, each as its bits, its
 * place in a list, and its key. A note counts as long as the value is what the server made of it.
 */
final class ExactNotes {
  static final String KEY = Description.OWN + "exact";

  private static final int BITS = 16;

  /** The notes of one key, by the place in its list. */
  private final Map<String, Map<Integer, Double>> byKey = new HashMap<>();

  ExactNotes(List<String> notes) {
    for (String note : notes) {
      int first = note.indexOf(' ');
      int second = note.indexOf(' ', first + 1);
      if (first == BITS && second > first) {
        try {
          double value =
              Double.longBitsToDouble(HexFormat.fromHexDigitsToLong(note.substring(0, BITS)));
          int place = Integer.parseInt(note.substring(first + 1, second));
          byKey
              .computeIfAbsent(note.substring(second + 1), key -> new HashMap<>())
              .put(place, value);
        } catch (NumberFormatException other) {
          // Somebody else's.
        }
      }
    }
  }

  /** The key that a note is about. */
  static String keyOf(String note) {
    int second = note.indexOf(' ', note.indexOf(' ') + 1);
    return note.substring(second + 1);
  }

  /** Notes what of a value the server does not keep as it is. */
  static List<String> of(String key, RecordBatch batch, int at) {
    List<String> notes = new ArrayList<>();
    if (batch.kindAt(at) == Kind.LIST) {
      int element = batch.firstElement(at);
      for (int i = 0; i < batch.listSizeAt(at); i++) {
        note(key, batch, element, i, notes);
        element = batch.next(element);
      }
    } else {
      note(key, batch, at, 0, notes);
    }
    return notes;
  }

  private static void note(String key, RecordBatch batch, int at, int place, List<String> notes) {
    if (batch.kindAt(at) != Kind.FLOAT64) {
      return;
    }
    double value = batch.float64At(at);
    boolean isMinusZero = value == 0 && 1 / value < 0;
    if (Double.isFinite(value) && (isMinusZero || Decimal.taken(value) != value)) {
      notes.add(
          HexFormat.of().toHexDigits(Double.doubleToRawLongBits(value)) + " " + place + " " + key);
    }
  }

  /** Values of one key, as they were before the server took them. */
  RecordBatch restored(String key, RecordBatch values) {
    Map<Integer, Double> noted = byKey.get(key);
    if (noted == null) {
      return values;
    }
    RecordBatch restored = new RecordBatch(1);
    for (int i = 0; i < values.records(); i++) {
      Double value = noted.get(i);
      int at = values.at(i, 0);
      if (value != null && values.kindAt(at) == Kind.FLOAT64 && isOf(value, values.float64At(at))) {
        restored.putFloat64(value);
      } else {
        restored.putValue(values, at);
      }
    }
    return restored;
  }

  private static boolean isOf(double noted, double taken) {
    double once = Decimal.taken(noted);
    return taken == once || taken == noted || taken == Decimal.taken(once);
  }
}
