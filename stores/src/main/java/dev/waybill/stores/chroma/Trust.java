package dev.waybill.stores.chroma;

import dev.waybill.model.SpecException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Whom a client trusts, where that is not Java's own list. */
final class Trust {
  private Trust() {}

  /**
   * TLS with servers for which one of the certificates in a file vouches.
   *
   * @param file certificates one after another, as PEM
   */
  static SSLContext only(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      Collection<? extends Certificate> certificates =
          CertificateFactory.getInstance("X.509").generateCertificates(in);
      if (certificates.isEmpty()) {
        throw wrong(file, "has no certificate", null);
      }
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      for (Certificate each : certificates) {
        trusted.setCertificateEntry(Integer.toString(trusted.size()), each);
      }
      TrustManagerFactory managers =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      managers.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, managers.getTrustManagers(), null);
      return context;
    } catch (IOException failure) {
      throw wrong(file, "cannot be read", failure);
    } catch (GeneralSecurityException failure) {
      throw wrong(file, "holds no certificates as PEM", failure);
    }
  }

  private static SpecException wrong(Path file, String why, @Nullable Exception cause) {
    return new SpecException(
        "BAD_CERTIFICATES",
        "The file " + file + ", which sslrootcert= names, " + why + ". Nothing was written.",
        "see what it holds: openssl x509 -in FILE -noout -subject",
        cause);
  }
}
