package dev.waybill.stores.json;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Memory for texts that wait, outside of the heap: there they would grow old and cost the collector
 * as much as writing them. Not thread-safe.
 */
final class Room {
  private static final int BLOCK = 1 << 20;
  private static final int MOST = 40;

  private final Deque<ByteBuffer> free = new ArrayDeque<>();
  private int made;

  /** True of what is worth waiting for. */
  static boolean isSmall(int length) {
    return length <= MOST / 4 * BLOCK;
  }

  /** A copy of bytes, to be read; null if there is no room. */
  @Nullable List<ByteBuffer> take(byte[] bytes, int length) {
    int wanted = (length + BLOCK - 1) / BLOCK;
    if (wanted > free.size() + MOST - made) {
      return null;
    }
    List<ByteBuffer> taken = new ArrayList<>(wanted);
    for (int at = 0; at < length; at += BLOCK) {
      ByteBuffer block = free.poll();
      if (block == null) {
        block = ByteBuffer.allocateDirect(BLOCK);
        made++;
      }
      taken.add(block.clear().put(bytes, at, Math.min(BLOCK, length - at)).flip());
    }
    return taken;
  }

  void giveBack(List<ByteBuffer> blocks) {
    free.addAll(blocks);
  }
}
