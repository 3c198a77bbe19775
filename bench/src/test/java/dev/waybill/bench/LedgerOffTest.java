package dev.waybill.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.journal.KeyLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import net.bytebuddy.dynamic.ClassFileLocator;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.utility.OpenedClassReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerOffTest {
  @TempDir private Path folder;

  @Test
  void whatIsNamedDoesNothingAndAllElseIsAsItWas() throws IOException {
    Path on = folder.resolve("on");
    Path off = folder.resolve("off");

    new LedgerOff(ClassFileLocator.ForClassLoader.of(KeyLog.class.getClassLoader())).write(on, off);

    List<String> emptied = new ArrayList<>();
    for (Path before : files(on)) {
      Map<String, List<String>> calls = calls(before);
      Map<String, List<String>> callsOff = calls(off.resolve(before.getFileName()));
      assertThat(callsOff).containsOnlyKeys(calls.keySet());
      calls.forEach(
          (method, made) -> {
            List<String> madeOff = callsOff.get(method);
            if (!made.equals(madeOff)) {
              assertThat(madeOff).as(method).isEmpty();
              emptied.add(method.substring(0, method.indexOf('(')));
            }
          });
    }
    assertThat(files(off)).hasSameSizeAs(files(on));
    assertThat(emptied).containsExactlyInAnyOrderElementsOf(LedgerOff.methods());
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  /** What each method of a class file calls. */
  private static Map<String, List<String>> calls(Path file) throws IOException {
    Map<String, List<String>> calls = new LinkedHashMap<>();
    ClassReader reader = new ClassReader(Files.readAllBytes(file));
    String type = reader.getClassName().replaceFirst(".*/", "");
    reader.accept(
        new ClassVisitor(OpenedClassReader.ASM_API) {
          @Override
          public MethodVisitor visitMethod(
              int access, String name, String descriptor, String generic, String[] thrown) {
            List<String> made = new ArrayList<>();
            calls.put(type + "." + name + descriptor, made);
            return new MethodVisitor(OpenedClassReader.ASM_API) {
              @Override
              public void visitMethodInsn(
                  int code, String owner, String called, String form, boolean isInterface) {
                made.add(owner + "." + called + form);
              }
            };
          }
        },
        0);
    return calls;
  }
}
