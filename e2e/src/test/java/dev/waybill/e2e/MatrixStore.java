package dev.waybill.e2e;

import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A kind of store of which the matrix can have as many as it likes.
 *
 * @param name of the kind, with its form where there are several
 * @param adapter type of its adapter
 * @param fresh gives the URL of an empty store, another one each time
 * @param remove makes room again
 * @param client what fills it where it is the first store, null if our own writer must
 * @param literals the type of store in whose literals its values can be spelled, or empty
 */
record MatrixStore(
    String name,
    String adapter,
    Supplier<String> fresh,
    Consumer<String> remove,
    @Nullable OwnClient client,
    String literals) {
  /** False where what a collection holds says all that there is about its fields. */
  boolean tellsTypes() {
    return client == null || client.tellsTypes();
  }

  @Override
  public String toString() {
    return name;
  }
}
