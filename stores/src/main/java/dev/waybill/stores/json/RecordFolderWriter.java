package dev.waybill.stores.json;

import dev.waybill.model.DataException;
import dev.waybill.stores.json.Work.Shelf;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes what becomes of a folder whose files are a record each: the files of records that are new
 * or others now. Of the rest nothing is touched.
 */
final class RecordFolderWriter {
  private final Work work;
  private final RecordFolder folder;
  private final Exchange exchange;
  private final int indent;

  /**
   * @param beside where files wait until they are renamed
   * @param indent spaces, −1 where nothing is said
   */
  RecordFolderWriter(Work work, RecordFolder folder, Path beside, int indent) throws IOException {
    this.work = work;
    this.folder = folder;
    this.exchange = Exchange.begin(beside);
    this.indent = indent;
  }

  /**
   * On return what is to come outlives the machine.
   *
   * @param shelves what has stood or is to stand in the folder
   */
  Exchange write(List<Shelf> shelves) throws IOException, SQLException {
    Set<String> left = work.atom(() -> work.recordFiles(folder.name()));
    for (Shelf each : shelves) {
      if (each.isThere()) {
        records(each, left);
      }
    }
    left.forEach(exchange::goes);
    boolean isLeft = shelves.stream().allMatch(each -> each.origin() == Work.Origin.GONE);
    if (isLeft && !folder.isRoot()) {
      exchange.goes(Exchange.FOLDER);
    }
    Syncing.all(exchange.coming().stream().map(each -> exchange.in(folder.path(), each)).toList());
    exchange.keep();
    return exchange;
  }

  private void records(Shelf kept, Set<String> left) throws IOException, SQLException {
    NameMember member = new NameMember(RecordNames.field(kept));
    try (ShelfReader all = work.reader(kept)) {
      while (all.next()) {
        byte[] json = all.json();
        String name = member.name(json);
        if (name == null) {
          throw new IOException("a record has no field that is to be the name of its file");
        }
        String known = work.recordFile(folder.name(), name);
        String file = known == null ? name + RecordFolder.END : known;
        boolean wasThere = left.remove(file);
        if (wasThere && all.mark() == 0) {
          continue;
        }
        if (!wasThere && RecordNames.isTaken(folder.path(), name)) {
          throw taken(kept, "there is a file already that has the name of a record", null);
        }
        write(kept, file, member.without(json), wasThere);
      }
    }
  }

  private void write(Shelf kept, String file, byte[] json, boolean wasThere) throws IOException {
    Path old = folder.path().resolve(file);
    if (!folder.path().equals(old.getParent())) {
      throw new IOException("the name of a record's file leads elsewhere");
    }
    int spaces =
        indent >= 0
            ? indent
            : JsonLayout.of(kept.collection().detail()).map(JsonLayout::indent).orElse(0);
    Path to = exchange.coming(file);
    Packing packing = Packing.of(to);
    boolean hasMark = wasThere && hasMark(old);
    try (OutputStream out =
        packing.pack(
            Files.newOutputStream(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE))) {
      new FileWriter(work, out, spaces, hasMark).alone(json);
    } catch (FileAlreadyExistsException folded) {
      throw taken(kept, "two records have names that are one on this disk", folded);
    }
    if (wasThere) {
      Home.keepPermissions(old, to);
    }
  }

  private static boolean hasMark(Path file) throws IOException {
    try (InputStream in = Packing.of(file).open(file)) {
      byte[] begin = in.readNBytes(3);
      return begin.length == 3
          && (begin[0] & 0xFF) == 0xEF
          && (begin[1] & 0xFF) == 0xBB
          && (begin[2] & 0xFF) == 0xBF;
    }
  }

  private DataException taken(Shelf kept, String why, @Nullable IOException cause) {
    return new DataException(
        "NAME_TAKEN",
        "The records of \""
            + kept.collection().name()
            + "\" cannot be files in "
            + folder.path()
            + ": "
            + why
            + ".",
        "choose another field for the names (?key=FIELD), or another folder",
        -1,
        cause);
  }
}
