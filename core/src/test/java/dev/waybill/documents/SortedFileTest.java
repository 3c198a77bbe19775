package dev.waybill.documents;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SortedFileTest {
  @TempDir private Path folder;

  private static byte[] payload(int number) {
    return ByteBuffer.allocate(4).putInt(number).array();
  }

  @Test
  void entriesComeInTheOrderOfTheirKeysAndEqualOnesAsTheyCame() throws Exception {
    long seed = ThreadLocalRandom.current().nextLong();
    System.out.println("sorted file: seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int buffer : List.of(200, 1_500, 1 << 20)) {
      List<SortedFile.Entry> all = new ArrayList<>();
      List<SortedFile.Entry> found = new ArrayList<>();
      try (SortedFile sorted = new SortedFile(folder, "sort", buffer)) {
        for (int i = 0; i < 3_000; i++) {
          byte[] key = new byte[random.nextInt(3)];
          random.nextBytes(key);
          all.add(new SortedFile.Entry(key, payload(i)));
          sorted.add(key, payload(i));
        }
        try (SortedFile.Reader reader = sorted.sorted()) {
          for (SortedFile.Entry entry = reader.next(); entry != null; entry = reader.next()) {
            found.add(entry);
          }
        }
      }
      all.sort(Comparator.comparing(SortedFile.Entry::key, Arrays::compareUnsigned));
      assertThat(found.stream().map(each -> ByteBuffer.wrap(each.payload()).getInt()))
          .containsExactlyElementsOf(
              all.stream().map(each -> ByteBuffer.wrap(each.payload()).getInt()).toList());
      try (Stream<Path> left = Files.list(folder)) {
        assertThat(left).isEmpty();
      }
    }
  }

  @Test
  void nobodyElseCanReadWhatIsSpilled() throws Exception {
    try (SortedFile sorted = new SortedFile(folder, "sort", 10)) {
      sorted.add(new byte[8], new byte[8]);
      try (Stream<Path> spilled = Files.list(folder)) {
        assertThat(spilled)
            .isNotEmpty()
            .allSatisfy(
                file ->
                    assertThat(
                            java.nio.file.attribute.PosixFilePermissions.toString(
                                Files.getPosixFilePermissions(file)))
                        .isEqualTo("rw-------"));
      }
    }
  }
}
