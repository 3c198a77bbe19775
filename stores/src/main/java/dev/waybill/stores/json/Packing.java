package dev.waybill.stores.json;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import dev.waybill.model.StoreException;
import dev.waybill.stores.support.FreeSpace;
import dev.waybill.stores.support.PrivateFolder;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipException;

/** How a file is compressed, by its name. */
enum Packing {
  NONE(""),
  GZIP(".gz"),
  ZSTD(".zst");

  /** Room that is left to others. */
  private static final long RESERVE = 64L << 20;

  private static final int STEP = 1 << 20;

  private final String suffix;

  Packing(String suffix) {
    this.suffix = suffix;
  }

  static Packing of(Path file) {
    String name = file.toString();
    return name.endsWith(GZIP.suffix) ? GZIP : name.endsWith(ZSTD.suffix) ? ZSTD : NONE;
  }

  /** A name without what says how it is compressed. */
  String plain(String name) {
    return name.substring(0, name.length() - suffix.length());
  }

  /** A name with it. */
  String packed(String name) {
    return name + suffix;
  }

  /** The file's content. */
  InputStream open(Path file) throws IOException {
    InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    try {
      return switch (this) {
        case NONE -> in;
        case GZIP -> new GZIPInputStream(in, 1 << 16);
        case ZSTD -> new ZstdInputStreamNoFinalizer(in);
      };
    } catch (IOException failure) {
      in.close();
      throw failure;
    }
  }

  /** What is written to it goes packed to another, which is closed with it. */
  OutputStream pack(OutputStream to) throws IOException {
    OutputStream out = new BufferedOutputStream(to, 1 << 16);
    return switch (this) {
      case NONE -> out;
      case GZIP -> new BufferedOutputStream(new GZIPOutputStream(out, 1 << 16), 1 << 16);
      case ZSTD -> new BufferedOutputStream(new ZstdOutputStreamNoFinalizer(out), 1 << 16);
    };
  }

  /**
   * Writes the content of a file to another.
   *
   * @throws StoreException if it is damaged or there is no room for it
   */
  void unpack(Path file, Path to) throws IOException {
    Path folder = to.getParent();
    if (folder != null) {
      PrivateFolder.make(folder);
    }
    byte[] buffer = new byte[STEP];
    try (InputStream in = open(file);
        OutputStream out =
            Files.newOutputStream(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (int read = read(in, buffer, file); read > 0; read = read(in, buffer, file)) {
        long free = FreeSpace.at(to);
        if (free >= 0 && free < RESERVE) {
          throw new StoreException(
              StoreException.NO_SPACE,
              "There is no room to unpack " + file + " into " + folder + ".",
              "make room there, or unpack it elsewhere and name the unpacked file",
              false,
              null);
        }
        out.write(buffer, 0, read);
      }
    } catch (IOException | RuntimeException failure) {
      Files.deleteIfExists(to);
      throw failure;
    }
  }

  /** The content of a file of at most so many bytes, one more if it has more. */
  byte[] read(Path file, int most) throws IOException {
    try (InputStream in = open(file)) {
      return in.readNBytes(most + 1);
    } catch (EOFException | ZipException damaged) {
      throw damaged(file, damaged);
    }
  }

  private static int read(InputStream in, byte[] buffer, Path file) throws IOException {
    try {
      return in.readNBytes(buffer, 0, buffer.length);
    } catch (IOException damaged) {
      if (damaged instanceof java.nio.file.FileSystemException) {
        throw damaged;
      }
      throw damaged(file, damaged);
    }
  }

  private static StoreException damaged(Path file, IOException damaged) {
    return new StoreException(
        "FILE_IS_CUT",
        file + " cannot be unpacked: " + damaged.getMessage() + ".",
        "try its own tool: gzip -t or zstd -t",
        false,
        damaged);
  }
}
