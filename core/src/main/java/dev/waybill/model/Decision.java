package dev.waybill.model;

/** What to do with one change, given what the target holds under the same key. */
public enum Decision {
  INSERT,
  UPDATE,
  DELETE,
  /** Equal by canonical form, or already gone: nothing to write. */
  UNCHANGED,
  /** The target's record stays. */
  SKIP,
  /** The policy is to fail: the record cannot go. */
  CONFLICT;

  /**
   * Decides every change of a batch.
   *
   * @param collection the target's collection
   * @param existing whole records the target holds, in the order of the written fields
   * @param existingOf for each change the record of {@code existing} with its key, or −1
   */
  public static Decision[] decide(
      Collection collection,
      ChangeBatch changes,
      RecordBatch existing,
      int[] existingOf,
      ConflictPolicy policy,
      CanonicalForm canonical) {
    Decision[] decisions = new Decision[changes.records().records()];
    for (int i = 0; i < decisions.length; i++) {
      decisions[i] = decide(collection, changes, i, existing, existingOf[i], policy, canonical);
    }
    return decisions;
  }

  private static Decision decide(
      Collection collection,
      ChangeBatch changes,
      int change,
      RecordBatch existing,
      int found,
      ConflictPolicy policy,
      CanonicalForm canonical) {
    boolean isDelete = changes.kind() == ChangeBatch.ChangeKind.DELETE;
    Decision write = isDelete ? DELETE : found < 0 ? INSERT : UPDATE;
    RecordDigest now = found < 0 ? null : canonical.digest(existing, found);
    RecordDigest[] written = changes.digests();
    if (isDelete ? found < 0 : now != null && written != null && now.equals(written[change])) {
      return UNCHANGED;
    }
    RecordDigest[] expected = changes.expected();
    boolean asExpected =
        expected == null
            ? found < 0 || isDelete
            : now == null ? expected[change] == null : now.equals(expected[change]);
    if (asExpected) {
      return write;
    }
    return switch (policy.rule()) {
      case FAIL, APPEND -> CONFLICT;
      case SKIP -> SKIP;
      case OVERWRITE -> write;
      case NEWER -> {
        int field = collection.writtenNames().indexOf(policy.newerField());
        yield found >= 0
                && field >= 0
                && isGreater(
                    changes.records(),
                    changes.records().at(change, field),
                    existing,
                    existing.at(found, field))
            ? write
            : SKIP;
      }
    };
  }

  private static boolean isGreater(RecordBatch a, int atA, RecordBatch b, int atB) {
    Kind kind = a.kindAt(atA);
    if (kind != b.kindAt(atB)) {
      return b.isMissingAt(atB) && !a.isMissingAt(atA);
    }
    return switch (kind) {
      case INT64, DATE -> a.int64At(atA) > b.int64At(atB);
      case TIMESTAMP, INSTANT ->
          a.secondsAt(atA) != b.secondsAt(atB)
              ? a.secondsAt(atA) > b.secondsAt(atB)
              : a.nanosAt(atA) > b.nanosAt(atB);
      case FLOAT64 -> a.float64At(atA) > b.float64At(atB);
      case FLOAT32 -> a.float32At(atA) > b.float32At(atB);
      case DECIMAL -> isGreater(a.textAt(atA), b.textAt(atB));
      case TEXT ->
          java.util.Arrays.compareUnsigned(
                  a.bytes(),
                  a.payloadAt(atA),
                  a.payloadAt(atA) + a.payloadLengthAt(atA),
                  b.bytes(),
                  b.payloadAt(atB),
                  b.payloadAt(atB) + b.payloadLengthAt(atB))
              > 0;
      default -> false;
    };
  }

  /** Decimals by value, the infinities at the ends; NaN is neither greater nor less. */
  private static boolean isGreater(String a, String b) {
    return Decimals.isNumber(a) && Decimals.isNumber(b)
        ? Decimals.compare(a, b) > 0
        : Double.parseDouble(a) > Double.parseDouble(b);
  }
}
