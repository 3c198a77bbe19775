package dev.waybill.stores.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.concurrent.atomic.AtomicLong;

/** Stands before the server and counts how often a client speaks to it. */
final class CountingProxy implements AutoCloseable {
  private final ServerSocket server;
  private final TestDatabase database;
  private final AtomicLong messages = new AtomicLong();

  CountingProxy(TestDatabase database) {
    this.database = database;
    try {
      server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    start(this::accept);
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work, "proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    URI address = URI.create(database.url());
    try {
      while (true) {
        Socket client = server.accept();
        Socket behind = new Socket(address.getHost(), address.getPort());
        start(() -> pass(client, behind, true));
        start(() -> pass(behind, client, false));
      }
    } catch (IOException closed) {
      // The test is over.
    }
  }

  private void pass(Socket from, Socket to, boolean isCounted) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[1 << 16];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (isCounted) {
          messages.incrementAndGet();
        }
        out.write(buffer, 0, read);
        out.flush();
      }
    } catch (IOException closed) {
      // Either side is done.
    }
  }

  String url() {
    return database.url().replaceFirst("@[^/]*/", "@127.0.0.1:" + server.getLocalPort() + "/");
  }

  long messages() {
    return messages.get();
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
