package dev.waybill.stores.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.spi.StoreUrl;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Passwords as people have them, on a server that asks for them. */
class LocationIT {
  private TestDatabase database;
  private String role;
  private String host;

  @BeforeEach
  void makeRole() {
    database = new TestDatabase();
    role = "r" + database.name().substring(20);
    host = database.address().replaceFirst(".*@", "");
    database.run("CREATE ROLE " + role + " LOGIN");
  }

  @AfterEach
  void dropRole() {
    if (database != null) {
      database.run("DROP ROLE " + role);
      database.close();
    }
  }

  private void setPassword(String password) {
    database.run("ALTER ROLE " + role + " PASSWORD " + Dialect.literal(password));
  }

  private void connect(String password, String behind, Map<String, String> environment) {
    StoreUrl url =
        StoreUrl.parse(
            "postgresql://" + role + ":" + password + "@" + host + "/" + database.name() + behind);
    for (StoreUrl each : new StoreUrl[] {url, url.resolved(environment)}) {
      try (Connection connection = Location.of(each, environment).connect()) {
        assertThat(connection.isValid(5)).isTrue();
      } catch (SQLException failure) {
        throw new AssertionError(failure);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "plain",
        "a%b",
        "100%",
        "%41",
        "a/b",
        "a@b",
        "a?b",
        "a?b=c",
        "a:b",
        "a#b",
        "a+b",
        "a b",
        "${HOME}",
        "1234/x?schema=y",
        "p@h:1/d?schema=z",
        "\\$1",
        "ü%zz@/?:&="
      })
  void aVariablesPasswordIsTakenAsItIs(String password) {
    setPassword(password);

    connect("${PW}", "", Map.of("PW", password));
    connect("${PW}", "?application_name=a%40b@c", Map.of("PW", password));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "plain", "a/b", "a@b", "a?b", "a?b=c", "a:b", "a#b", "a+b", "p@h/d", "12/a@b", "@"
      })
  void aTypedPasswordMayHoldWhatSeparates(String password) {
    setPassword(password);

    connect(password, "", Map.of());
    connect(password, "?schema=public", Map.of());
  }

  @Test
  void aTypedPasswordIsPercentDecoded() {
    setPassword("a@b%/c");

    connect("a%40b%25%2Fc", "?application_name=me@here", Map.of());
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3cret%", "%zzs3cret", "s3cret%4", "s3cret%-1"})
  void aPercentThatMeansNothingIsRefusedWithoutThePassword(String password) {
    assertThatThrownBy(() -> connect(password, "", Map.of()))
        .isInstanceOfSatisfying(
            SpecException.class,
            refused -> {
              assertThat(refused.code()).isEqualTo("BAD_URL");
              assertThat(refused.getMessage() + refused.hint()).doesNotContain("s3cret");
              assertThat(refused.getCause()).isNull();
            });
  }

  @Test
  void aWrongPasswordIsNotShown() {
    setPassword("right");

    assertThatThrownBy(() -> connect("${PW}", "", Map.of("PW", "s3c?ret@x/y")))
        .isInstanceOf(StoreException.class)
        .hasMessageNotContaining("s3c");
  }

  @Test
  void hostsAndPortsMayComeFromVariablesTogether() {
    StoreUrl url = StoreUrl.parse("postgresql://${WHERE}/" + database.name() + "?schema=${S}");

    assertThat(Location.of(url, Map.of("WHERE", role + ":a%40b@" + host, "S", "a%b")).schema())
        .isEqualTo("a%b");
  }
}
