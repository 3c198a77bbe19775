package dev.waybill.e2e;

import java.util.List;
import java.util.Map;

/**
 * A store through somebody else's library, without a line of ours: what it is given and what it
 * says is the store's own word.
 */
interface OwnClient {
  /** The type of store whose literals it takes. */
  String literals();

  /** False where what stands in the store does not say of what type it is. */
  boolean tellsTypes();

  /** Makes a collection of numbered values. */
  void create(String url, String name, String nativeType, Map<Long, String> literals);

  /** The numbers of those values that are not there, or are not what the literals give. */
  List<Long> differing(String url, String name, String nativeType, Map<Long, String> literals);
}
