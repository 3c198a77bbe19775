package dev.waybill.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/**
 * Whether texts are JSON arrays of so many numbers each, every one a float32 that its digits name.
 */
final class NumberArrays {
  /** Fewer numbers are as likely a date, a place or a colour. */
  private static final int LEAST = 8;

  private static final JsonFactory FACTORY = new JsonFactory();

  private boolean isPossible = true;
  private boolean hasFraction;
  private int dimension;

  boolean isPossible() {
    return isPossible;
  }

  /** How many numbers all have; 0 if they are no vectors, or none was seen. */
  int dimension() {
    return isPossible && hasFraction && dimension >= LEAST ? dimension : 0;
  }

  void add(byte[] text, int from, int length) {
    // Most texts are told by their first character.
    isPossible = isPossible && length > 2 * LEAST && (text[from] == '[' || text[from] <= ' ');
    if (!isPossible) {
      return;
    }
    try (JsonParser json = FACTORY.createParser(text, from, length)) {
      int here = json.nextToken() == JsonToken.START_ARRAY ? numbers(json) : 0;
      isPossible = here > 0 && (dimension == 0 || dimension == here) && json.nextToken() == null;
      dimension = here;
    } catch (IOException | NumberFormatException noArray) {
      isPossible = false;
    }
  }

  /** How many there are up to the array's end, 0 if something else is among them. */
  private int numbers(JsonParser json) throws IOException {
    int count = 0;
    for (JsonToken next = json.nextToken(); next != JsonToken.END_ARRAY; next = json.nextToken()) {
      if (next == null || !next.isNumeric()) {
        return 0;
      }
      String digits = json.getText();
      if (!Double.isFinite(Double.parseDouble(digits)) || !FloatText.isFloat32(digits)) {
        return 0;
      }
      hasFraction |= next == JsonToken.VALUE_NUMBER_FLOAT;
      count++;
    }
    return count;
  }
}
