package dev.waybill.embed;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 of texts and of a model's parts. */
final class Digests {
  private static final int SHOWN_BYTES = 8;

  private Digests() {}

  static byte[] of(String text) {
    return sha256().digest(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The first bytes of the digest of some parts, each told apart from the next. */
  static String of(InputStream... parts) throws IOException {
    MessageDigest whole = sha256();
    byte[] buffer = new byte[1 << 16];
    for (InputStream part : parts) {
      MessageDigest digest = sha256();
      for (int read = part.read(buffer); read >= 0; read = part.read(buffer)) {
        digest.update(buffer, 0, read);
      }
      whole.update(digest.digest());
    }
    return shown(whole.digest());
  }

  static String shown(byte[] digest) {
    return HexFormat.of().formatHex(digest, 0, SHOWN_BYTES);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every JDK has SHA-256", missing);
    }
  }
}
