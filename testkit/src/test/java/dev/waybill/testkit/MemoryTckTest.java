package dev.waybill.testkit;

import dev.waybill.spi.Capabilities.Transactions;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;

/** The memory store keeps the laws in each of its eight forms. */
class MemoryTckTest {
  private abstract static class Form extends StoreTck {
    private final MemoryForm form;
    private final Transactions transactions;

    Form(MemoryForm form, Transactions transactions) {
      this.form = form;
      this.transactions = transactions;
    }

    @Override
    protected TckStore freshStore(Path directory) {
      return TckStore.of(new MemoryAdapter(form, transactions), "memory:store");
    }
  }

  @Nested
  class RelationalWithTransactions extends Form {
    RelationalWithTransactions() {
      super(MemoryForm.RELATIONAL, Transactions.BATCH);
    }
  }

  @Nested
  class RelationalWithout extends Form {
    RelationalWithout() {
      super(MemoryForm.RELATIONAL, Transactions.NONE);
    }
  }

  @Nested
  class DocumentWithTransactions extends Form {
    DocumentWithTransactions() {
      super(MemoryForm.DOCUMENT, Transactions.BATCH);
    }
  }

  @Nested
  class DocumentWithout extends Form {
    DocumentWithout() {
      super(MemoryForm.DOCUMENT, Transactions.NONE);
    }
  }

  @Nested
  class VectorWithTransactions extends Form {
    VectorWithTransactions() {
      super(MemoryForm.VECTOR, Transactions.BATCH);
    }
  }

  @Nested
  class VectorWithout extends Form {
    VectorWithout() {
      super(MemoryForm.VECTOR, Transactions.NONE);
    }
  }

  @Nested
  class GraphWithTransactions extends Form {
    GraphWithTransactions() {
      super(MemoryForm.GRAPH, Transactions.BATCH);
    }
  }

  @Nested
  class GraphWithout extends Form {
    GraphWithout() {
      super(MemoryForm.GRAPH, Transactions.NONE);
    }
  }
}
