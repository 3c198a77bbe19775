package dev.waybill.bench;

import static net.bytebuddy.matcher.ElementMatchers.named;
import static net.bytebuddy.matcher.ElementMatchers.returns;
import static net.bytebuddy.matcher.ElementMatchers.takesArguments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.description.method.MethodDescription;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.dynamic.ClassFileLocator;
import net.bytebuddy.dynamic.scaffold.MethodGraph;
import net.bytebuddy.implementation.Implementation;
import net.bytebuddy.implementation.StubMethod;
import net.bytebuddy.matcher.ElementMatcher;
import net.bytebuddy.pool.TypePool;

/**
 * Waybill's classes without marks, before-images and key log: the methods that write them do
 * nothing. The product has no switch for that, and must have none.
 */
final class LedgerOff {
  /** By class the methods, as name and number of parameters. */
  private static final Map<String, Map<String, Integer>> METHODS = new LinkedHashMap<>();

  static {
    METHODS.put("dev.waybill.stores.postgres.PostgresLedger", Map.of("mark", 2));
    METHODS.put("dev.waybill.stores.postgres.BatchWork", Map.of("keep", 5));
    METHODS.put("dev.waybill.stores.postgres.PostgresWriter", Map.of("keepInserted", 3));
    METHODS.put("dev.waybill.journal.KeyLog", Map.of("append", 3, "force", 2));
  }

  private final ClassFileLocator classes;

  /**
   * @param classes where Waybill's own are, and all that they name
   */
  LedgerOff(ClassFileLocator classes) {
    this.classes = classes;
  }

  /** The methods that do nothing, for a reader of the results. */
  static List<String> methods() {
    return METHODS.entrySet().stream()
        .flatMap(
            each ->
                each.getValue().keySet().stream()
                    .sorted()
                    .map(name -> each.getKey().replaceFirst(".*\\.", "") + "." + name))
        .toList();
  }

  /**
   * The classes as they are, and as they are switched off, each in a folder for {@link
   * ClassReplacement}.
   *
   * @throws IllegalStateException if one of the methods is gone
   */
  void write(Path asTheyAre, Path off) throws IOException {
    Files.createDirectories(asTheyAre);
    Files.createDirectories(off);
    for (String name : METHODS.keySet()) {
      String file = name + ClassReplacement.SUFFIX;
      Files.write(asTheyAre.resolve(file), classes.locate(name).resolve());
      Files.write(off.resolve(file), emptied(name));
    }
  }

  private byte[] emptied(String name) {
    TypeDescription type = TypePool.Default.of(classes).describe(name).resolve();
    var made =
        new ByteBuddy()
            .with(MethodGraph.Compiler.ForDeclaredMethods.INSTANCE)
            .with(Implementation.Context.Disabled.Factory.INSTANCE)
            .<Object>redefine(type, classes)
            .method(written(type))
            .intercept(StubMethod.INSTANCE)
            .make();
    return made.getBytes();
  }

  private static ElementMatcher<MethodDescription> written(TypeDescription type) {
    ElementMatcher.Junction<MethodDescription> any = named("");
    for (Map.Entry<String, Integer> method :
        METHODS.getOrDefault(type.getName(), Map.of()).entrySet()) {
      ElementMatcher.Junction<MethodDescription> one = named(method.getKey());
      one = one.and(takesArguments(method.getValue())).and(returns(void.class));
      if (type.getDeclaredMethods().filter(one).size() != 1) {
        throw new IllegalStateException(
            type.getName()
                + " has no method "
                + method.getKey()
                + " with "
                + method.getValue()
                + " parameters. Try: bring LedgerOff up to date.");
      }
      any = any.or(one);
    }
    return any;
  }
}
