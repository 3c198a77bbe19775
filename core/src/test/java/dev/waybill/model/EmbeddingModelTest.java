package dev.waybill.model;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class EmbeddingModelTest {
  @Provide
  Arbitrary<String> names() {
    return Arbitraries.strings()
        .withChars("ab/-:.@#% \n\t0123456789ABCDEF\u007f")
        .withCharRange('\u00a0', '\u0fff')
        .ofMinLength(1)
        .ofMaxLength(12);
  }

  @Property(tries = 2000)
  void whateverAModelIsCalledItsSpellingIsReadBack(
      @ForAll("names") String name, @ForAll("names") String hash, @ForAll boolean isWhole) {
    EmbeddingModel model = new EmbeddingModel(name, isWhole ? 384 : 0, isWhole ? hash : "");

    assertThat(EmbeddingModel.parse(model.toString())).isEqualTo(model);
    assertThat(model.toString().lines()).hasSize(1);
  }

  @Example
  void usualNamesStayAsTheyAre() {
    for (String usual : new String[] {"nomic-ai/nomic-embed-text-v1.5@256#abab", "bge m3", "a:b"}) {
      assertThat(EmbeddingModel.parse(usual)).hasToString(usual);
    }
  }

  @Example
  void modelsAreOthersOnlyWhereBothSaySomething() {
    EmbeddingModel whole = new EmbeddingModel("a", 3, "0f");
    assertThat(whole.mayBe(new EmbeddingModel("a", 0, ""))).isTrue();
    assertThat(whole.mayBe(new EmbeddingModel("b", 0, ""))).isFalse();
    assertThat(whole.mayBe(new EmbeddingModel("", 4, ""))).isFalse();
    assertThat(whole.mayBe(new EmbeddingModel("a", 3, "ff"))).isFalse();
  }
}
