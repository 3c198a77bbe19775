package dev.waybill.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgresql://u:sesame@h:5432/db",
        "postgresql://u:sesame/sesame@h/db",
        "postgresql://u:sesame@sesame@h/db",
        "postgresql://h/db?user=u&password=sesame",
        "postgresql://h/db?access_token=sesame",
        "postgresql://h/db?sslmode=require&sslpassword=sesame",
        "postgresql://u:${PW:-sesame}@h/db",
      })
  void aPasswordIsFoundAndMasked(String url) {
    assertThat(Secrets.areIn(url)).isTrue();
    assertThat(Secrets.masked("cannot open " + url + " now"))
        .startsWith("cannot open postgresql://")
        .endsWith(" now")
        .doesNotContain("sesame");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgresql://u@h:5432/db",
        "postgresql://h:5432/db?application_name=a@b",
        "postgresql://u:${PW}@h/db",
        "postgresql://h/db?password=${PW}",
        "sqlite:a.db",
      })
  void whatIsNoPasswordStays(String url) {
    assertThat(Secrets.areIn(url)).isFalse();
    assertThat(Secrets.masked(url)).isEqualTo(url);
  }

  @Test
  void aUrlAsAWholeMayHoldBlanksInItsPassword() {
    assertThat(Secrets.maskedUrl("postgresql://u:open se\"same@h/db"))
        .isEqualTo("postgresql://u@h/db");
  }

  @Test
  void aMessageLosesThePasswordAndNothingElse() {
    assertThat(Secrets.masked("from postgresql://h:5432/a to postgresql://u:sesame@h/b: no."))
        .isEqualTo("from postgresql://h:5432/a to postgresql://u@h/b: no.");
  }
}
