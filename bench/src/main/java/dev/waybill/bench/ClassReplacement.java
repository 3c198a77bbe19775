package dev.waybill.bench;

import java.io.IOException;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.ProtectionDomain;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A Java agent that loads the classes of a folder instead of the program's own of the same names.
 *
 * <p>It runs within what is measured: it uses nothing but the JDK, and the files are ready.
 */
public final class ClassReplacement implements ClassFileTransformer {
  /** A class's file is its name and this, all in one folder. */
  static final String SUFFIX = ".class";

  private final Map<String, byte[]> classes = new HashMap<>();

  private ClassReplacement(Path folder) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        classes.put(
            name.substring(0, name.length() - SUFFIX.length()).replace('.', '/'),
            Files.readAllBytes(file));
      }
    }
  }

  /** What the JVM calls first; an exception ends it. */
  public static void premain(String folder, Instrumentation jvm) throws IOException {
    jvm.addTransformer(new ClassReplacement(Path.of(folder)));
  }

  /**
   * The option for a JVM that is started in a folder. Both paths are seen from there: options are
   * split at spaces, which the names above it may have.
   */
  static String option(Path from, Path agent, Path folder) {
    return "-javaagent:" + from.relativize(agent) + "=" + from.relativize(folder);
  }

  @Override
  public byte @Nullable [] transform(
      @Nullable ClassLoader loader,
      @Nullable String className,
      @Nullable Class<?> redefined,
      @Nullable ProtectionDomain domain,
      byte[] file) {
    return classes.get(className);
  }
}
