package dev.waybill.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.SpecException;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class StoreUrlTest {
  private static final String SECRET = "t0pS3cret";

  @Property
  void aPlantedPasswordNeverShows(@ForAll("aroundASecret") String password) {
    for (String text :
        List.of(
            "postgresql://me:" + password + "@host:5432/db?schema=s",
            "postgresql://me:" + password + "@host/db",
            "neo4j+s://:" + password + "@host",
            "chroma+http://me:" + password + "@host:1/t/d")) {
      StoreUrl url = StoreUrl.parse(text);

      assertThat(url.toString()).doesNotContain(SECRET).contains("host");
      assertThat(url.hasPassword()).isTrue();
      assertThat(url.resolved(Map.of()).toString()).doesNotContain(SECRET);
    }
  }

  @Example
  void secretsInParametersNeverShow() {
    for (String name :
        List.of(
            "password",
            "PASSWORD",
            "token",
            "access_token",
            "api_key",
            "apiKey",
            "sslpassword",
            "client_secret",
            "pwd")) {
      StoreUrl url = StoreUrl.parse("chroma+http://h/t/d?a=1&" + name + "=" + SECRET + "&b=2");

      assertThat(url.toString()).doesNotContain(SECRET).contains("a=1").contains("b=2");
      assertThat(url.hasPassword()).isTrue();
    }
  }

  @Example
  void whatHoldsNoSecretShowsAsItIs() {
    for (String text :
        List.of(
            "sqlite:a/b.db",
            "postgresql://host:5432/db?search=a@b",
            "postgresql://host:5432?a=1&search=a@b",
            "postgresql://me:${PW}@host:5432/db?search=a@b",
            "chroma+http://host:8000/t/d?token=${TOKEN}&a=1",
            "sqlite:mail@home/a:b@c.db",
            "memory:a",
            "postgresql://me@host:5432/db?schema=s",
            "postgresql://host:5432",
            "postgresql://me@host/db?options=-c%20x=a@b")) {
      assertThat(StoreUrl.parse(text)).hasToString(text);
      assertThat(StoreUrl.parse(text).hasPassword()).isFalse();
    }
  }

  @Example
  void severalSecretsDoNotHideBehindEachOther() {
    StoreUrl url =
        StoreUrl.parse(
            "chroma+http://me:" + SECRET + "@h/t?token=" + SECRET + "&password=" + SECRET + "&a=1");

    assertThat(url).hasToString("chroma+http://me@h/t?a=1");
    assertThat(StoreUrl.parse("chroma+http://h/t?token=" + SECRET))
        .hasToString("chroma+http://h/t");
  }

  @Example
  void aFallbackInClearTextDoesNotShow() {
    for (String text :
        List.of(
            "postgresql://me:${PW:-" + SECRET + "}@host/db",
            "chroma+http://h/t?token=${TOKEN:-" + SECRET + "}")) {
      assertThat(StoreUrl.parse(text).toString()).doesNotContain(SECRET);
      assertThat(StoreUrl.parse(text).hasPassword()).isTrue();
    }
  }

  @Example
  void aVariableIsNoPasswordInClearText() {
    StoreUrl url = StoreUrl.parse("postgresql://me:${DB_PASSWORD}@host/db?token=${TOKEN}");
    Map<String, String> environment = Map.of("DB_PASSWORD", SECRET + "@/?$1", "TOKEN", SECRET);

    assertThat(url.hasPassword()).isFalse();
    assertThat(url.resolved(environment).rest())
        .isEqualTo("//me:" + SECRET + "@/?$1@host/db?token=" + SECRET);
    assertThat(url.resolved(environment).toString()).doesNotContain(SECRET);
    assertThat(url.resolved(environment)).hasToString(url.toString());
    assertThat(url).hasToString("postgresql://me:${DB_PASSWORD}@host/db?token=${TOKEN}");
    assertThat(StoreUrl.parse("postgresql://me:${P:-" + SECRET + "}@host/db").hasPassword())
        .isTrue();
  }

  @Example
  void variablesHaveFallbacksOrMustBeSet() {
    StoreUrl url = StoreUrl.parse("sqlite:${DIR:-here}/${NAME}.db");

    assertThat(url.resolved(Map.of("NAME", "a")).rest()).isEqualTo("here/a.db");
    assertThat(url.resolved(Map.of("NAME", "a", "DIR", "there")).rest()).isEqualTo("there/a.db");
    assertThatThrownBy(() -> url.resolved(Map.of("DIR", "there")))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("NAME");
  }

  @Example
  void aValueIsSpelledAsTheAdapterSaysAndNeverLookedThroughForVariables() {
    StoreUrl url = StoreUrl.parse("memory://${USER}:${PW}@host");
    Map<String, String> environment = Map.of("USER", "a", "PW", "${USER}/$1");

    StoreUrl resolved = url.resolved(environment).resolved(Map.of());

    assertThat(resolved.rest()).isEqualTo("//a:${USER}/$1@host");
    assertThat(
            resolved.rest((before, value, after) -> "[" + before + "|" + value + "|" + after + "]"))
        .isEqualTo("//[//|a|:${PW}@host]:[//${USER}:|${USER}/$1|@host]@host");
  }

  @Property
  void aUrlWithoutSchemeIsRefusedWithoutItsSecret(@ForAll("aroundASecret") String password) {
    assertThatThrownBy(() -> StoreUrl.parse("//me:" + password + "@host"))
        .isInstanceOfSatisfying(
            SpecException.class,
            refusal -> assertThat(refusal.getMessage() + refusal.hint()).doesNotContain(SECRET));
  }

  @Provide
  Arbitrary<String> aroundASecret() {
    Arbitrary<String> around =
        Arbitraries.strings().withChars("ab1:/@?&#%$ .").ofMinLength(0).ofMaxLength(4);
    return around.flatMap(before -> around.map(after -> before + SECRET + after));
  }
}
