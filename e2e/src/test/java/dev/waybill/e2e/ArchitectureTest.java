package dev.waybill.e2e;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.library.GeneralCodingRules;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.ServerAdapter;
import dev.waybill.spi.StoreAdapter;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import dev.waybill.stores.sqlite.DatabaseFile;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** The walls of the house. Each rule says what to do instead of breaking it. */
class ArchitectureTest {
  private static final String ROOT = "dev.waybill";
  private static final String[] CORE_ROOMS = {
    "dev.waybill.model..",
    "dev.waybill.spi..",
    "dev.waybill.mapping..",
    "dev.waybill.plan..",
    "dev.waybill.journal..",
    "dev.waybill.inspect..",
    "dev.waybill.verify..",
    "dev.waybill.sidecar..",
    "dev.waybill.documents..",
    "dev.waybill.reembed..",
    "dev.waybill.backup..",
    "dev.waybill.run.."
  };
  private static final String[] DRIVERS = {
    "org.sqlite..", "org.postgresql..", "com.pgvector..", "java.sql..", "javax.sql..",
    "com.zaxxer..", "org.neo4j..", "com.falkordb..", "redis..", "io.zonky.."
  };

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(location -> !location.contains("/test-classes/"))
          .importPackages(ROOT);

  private static DescribedPredicate<JavaClass> oursOutside(String... packages) {
    return resideInAPackage("dev.waybill..")
        .and(resideOutsideOfPackages(packages))
        .as("classes of ours outside of " + String.join(", ", packages));
  }

  private static void mayUseOnly(String room, String instead, String... others) {
    List<String> allowed = new ArrayList<>(List.of(others));
    allowed.add(room);
    noClasses()
        .that()
        .resideInAPackage(room)
        .should()
        .dependOnClassesThat(oursOutside(allowed.toArray(new String[0])))
        .because(instead)
        .check(CLASSES);
  }

  @Test
  void everyModuleIsLookedAt() {
    assertThat(
            List.of("model", "run", "stores.sqlite", "stores.postgres", "embed", "cli", "testkit"))
        .allSatisfy(room -> assertThat(CLASSES.containPackage(ROOT + "." + room)).isTrue());
  }

  // --- the rooms of core

  @Test
  void theModelUsesNoOtherRoom() {
    mayUseOnly(
        "dev.waybill.model..",
        "everybody speaks the model; what needs another room belongs into that room");
  }

  @Test
  void theModelUsesOneLibrary() {
    noClasses()
        .that()
        .resideInAPackage("dev.waybill.model..")
        .should()
        .dependOnClassesThat()
        .resideOutsideOfPackages(
            "dev.waybill.model..", "java..", "com.fasterxml.jackson.core..", "org.jspecify..")
        .because("the model is pure: java.* and one streaming JSON parser; move the rest to a room")
        .check(CLASSES);
  }

  @Test
  void theModelDoesNoInputOrOutput() {
    noClasses()
        .that()
        .resideInAPackage("dev.waybill.model..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "java.nio.file..", "java.nio.channels..", "java.net..", "java.util.logging..")
        .because("the model never does I/O and never logs; let journal or a store do it")
        .check(CLASSES);
  }

  @Test
  void theContractOfStoresUsesTheModelOnly() {
    mayUseOnly(
        "dev.waybill.spi..",
        "an adapter's author must read only spi and model; move what else is needed there",
        "dev.waybill.model..");
  }

  @Test
  void mappingUsesTheModelOnly() {
    mayUseOnly(
        "dev.waybill.mapping..",
        "a mapping works on batches and knows no store; give it what it needs as values",
        "dev.waybill.model..");
  }

  @Test
  void planningIsAFunctionOfValues() {
    mayUseOnly(
        "dev.waybill.plan..",
        "a plan is a pure function of catalogs, profiles, capabilities and wishes: pass values in",
        "dev.waybill.model..",
        "dev.waybill.mapping..",
        "dev.waybill.spi..");
  }

  @Test
  void planningNeverOpensAStore() {
    noClasses()
        .that()
        .resideInAPackage("dev.waybill.plan..")
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.waybill.spi..")
                .and(not(assignableTo(Capabilities.class)))
                .and(
                    DescribedPredicate.describe(
                        "not the enums of Capabilities",
                        type -> !type.getName().startsWith(Capabilities.class.getName() + "$"))))
        .because("planning never opens a store: take a Catalog, a ValueProfile or Capabilities")
        .check(CLASSES);
  }

  @Test
  void planningReadsNoFiles() {
    noClasses()
        .that()
        .resideInAPackage("dev.waybill.plan..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.nio.file..")
        .because("planning reads no files; whoever calls it does and passes the text")
        .check(CLASSES);
  }

  @Test
  void theJournalKnowsTheLedgerAndNoStore() {
    mayUseOnly(
        "dev.waybill.journal..",
        "the run directory never speaks to a store; let run do it and pass values",
        "dev.waybill.model..",
        "dev.waybill.spi..");
  }

  @Test
  void theJournalNeverSpeaksToAStore() {
    noClasses()
        .that()
        .resideInAPackage("dev.waybill.journal..")
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(
            dev.waybill.spi.Store.class,
            dev.waybill.spi.Snapshot.class,
            dev.waybill.spi.RecordReader.class,
            StoreAdapter.class,
            TargetStore.class,
            TargetSession.class,
            TargetWriter.class)
        .because("the run directory never speaks to a store; let run do it and pass values")
        .check(CLASSES);
  }

  @Test
  void inspectingReadsAndDecidesNothing() {
    mayUseOnly(
        "dev.waybill.inspect..",
        "looking at values needs the model and a snapshot; deciding belongs to plan",
        "dev.waybill.model..",
        "dev.waybill.spi..");
  }

  @Test
  void verifyingUsesNoRoomThatRuns() {
    mayUseOnly(
        "dev.waybill.verify..",
        "verification stands by itself, so that somebody else can verify later: pass values in",
        "dev.waybill.model..",
        "dev.waybill.mapping..",
        "dev.waybill.plan..",
        "dev.waybill.spi..");
  }

  @Test
  void verifyingInspectingAndPlanningCannotWrite() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "dev.waybill.verify..",
            "dev.waybill.sidecar..",
            "dev.waybill.documents..",
            "dev.waybill.inspect..",
            "dev.waybill.plan..",
            "dev.waybill.mapping..")
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(TargetStore.class, TargetSession.class, TargetWriter.class)
        .because("run is the only room that writes to stores; take a Store or Snapshot instead")
        .check(CLASSES);
  }

  @Test
  void aBackupCannotWriteToAStore() {
    noClasses()
        .that()
        .resideInAPackage("dev.waybill.backup..")
        .should()
        .dependOnClassesThat()
        // An adapter's contract names the target that this one refuses to open.
        .belongToAnyOf(TargetSession.class, TargetWriter.class)
        .because("run is the only room that writes to stores; take a Store or Snapshot instead")
        .check(CLASSES);
  }

  @Test
  void runningUsesAllRoomsButTheRoot() {
    mayUseOnly(
        "dev.waybill.run..",
        "run is wired from outside: pass what it needs in its Environment",
        "dev.waybill.model..",
        "dev.waybill.spi..",
        "dev.waybill.mapping..",
        "dev.waybill.plan..",
        "dev.waybill.journal..",
        "dev.waybill.sidecar..",
        "dev.waybill.reembed..",
        "dev.waybill.backup..",
        "dev.waybill.verify..");
  }

  @Test
  void aBackupIsSomethingToKeepAndRead() {
    mayUseOnly(
        "dev.waybill.backup..",
        "what is kept of stores is written and read here; what happens with it belongs to run",
        "dev.waybill.model..",
        "dev.waybill.spi..",
        "dev.waybill.mapping..",
        "dev.waybill.plan..",
        "dev.waybill.journal..");
  }

  @Test
  void aSidecarIsSomethingToRead() {
    mayUseOnly(
        "dev.waybill.sidecar..",
        "what travels beside the data is read and written like any data; let run write it",
        "dev.waybill.model..",
        "dev.waybill.spi..",
        "dev.waybill.mapping..",
        "dev.waybill.plan..",
        "dev.waybill.verify..");
  }

  @Test
  void documentsAreAWayToSeeAStore() {
    mayUseOnly(
        "dev.waybill.documents..",
        "a view shows a store otherwise and knows nothing of runs; let whoever opens stores put it"
            + " over one",
        "dev.waybill.model..",
        "dev.waybill.spi..",
        "dev.waybill.plan..",
        "dev.waybill.sidecar..");
  }

  @Test
  void newVectorsAreAWayToSeeAStore() {
    mayUseOnly(
        "dev.waybill.reembed..",
        "a view shows a store otherwise and knows neither models nor runs; let run open both",
        "dev.waybill.model..",
        "dev.waybill.spi..",
        "dev.waybill.plan..",
        "dev.waybill.sidecar..");
  }

  @Test
  void modelsKnowTheContractOnly() {
    mayUseOnly(
        "dev.waybill.embed..",
        "a model makes vectors of texts and knows neither records nor runs",
        "dev.waybill.model..",
        "dev.waybill.spi..");
  }

  @Test
  void noRoomUsesTheRoot() {
    noClasses()
        .that()
        .resideInAnyPackage(CORE_ROOMS)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ROOT)
        .because("the root only wires; a type that rooms need belongs into one of them")
        .check(CLASSES);
  }

  @Test
  void theRootHasFewPublicTypes() {
    List<String> types =
        CLASSES.stream()
            .filter(type -> type.getPackageName().equals(ROOT))
            .filter(
                type ->
                    type.getModifiers()
                        .contains(com.tngtech.archunit.core.domain.JavaModifier.PUBLIC))
            .filter(JavaClass::isTopLevelClass)
            .map(JavaClass::getSimpleName)
            .toList();

    assertThat(types)
        .as("the library's front door is small; put a new type into the room it belongs to")
        .hasSizeLessThanOrEqualTo(8);
  }

  @Test
  void thereAreNoCycles() {
    slices()
        .matching("dev.waybill.(**)")
        .should()
        .beFreeOfCycles()
        .because("rooms are understood one at a time; move what both need into the lower one")
        .check(CLASSES);
  }

  // --- stores and other modules

  @Test
  void storesUseTheContractOnly() {
    mayUseOnly(
        "dev.waybill.stores..",
        "an adapter is written against spi and model; what it lacks there is missing in the SPI",
        "dev.waybill.model..",
        "dev.waybill.spi..");
  }

  @Test
  void storesAreStrangers() {
    slices()
        .matching("dev.waybill.stores.(*)..")
        .should()
        .notDependOnEachOther()
        .ignoreDependency(
            resideInAnyPackage("dev.waybill.stores.."),
            resideInAnyPackage("dev.waybill.stores.support.."))
        // A folder with a server of ours on it is a PostgreSQL like any other once it runs.
        .ignoreDependency(
            resideInAPackage("dev.waybill.stores.embeddedpostgres.."),
            resideInAPackage("dev.waybill.stores.postgres.."))
        // Chroma keeps its records in a SQLite database, which wants the same care as a user's own.
        .ignoreDependency(
            resideInAPackage("dev.waybill.stores.chroma.."),
            JavaClass.Predicates.belongToAnyOf(DatabaseFile.class))
        .because("what two stores truly share goes to stores.support")
        .check(CLASSES);
  }

  @Test
  void nobodyNamesAStore() {
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.waybill.stores..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.waybill.stores..")
        .because("stores are found by ServiceLoader; ask StoreAdapter or Capabilities instead")
        .check(CLASSES);
  }

  @Test
  void driversAreUsedInStoresOnly() {
    noClasses()
        .that()
        // What models have made is kept in a SQLite file, which is no store of anybody's.
        .resideOutsideOfPackages(
            "dev.waybill.stores..", "dev.waybill.chaos..", "dev.waybill.embed..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(DRIVERS)
        .because("core and cli work without any driver; put what speaks to a database in its store")
        .check(CLASSES);
  }

  @Test
  void sqliteNeedsNoOtherDriver() {
    noClasses()
        .that()
        .resideInAPackage("dev.waybill.stores.sqlite..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.postgresql..", "io.zonky..")
        .because("a store uses its own driver only, so that a user need not have the others")
        .check(CLASSES);
  }

  @Test
  void postgresNeedsNoOtherDriver() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "dev.waybill.stores.postgres..", "dev.waybill.stores.embeddedpostgres..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.sqlite..")
        .because("a store uses its own driver only, so that a user need not have the others")
        .check(CLASSES);
  }

  @Test
  void theTestkitUsesTheContractOnly() {
    mayUseOnly(
        "dev.waybill.testkit..",
        "the kit proves stores, also those of others; tests of the engine belong to e2e",
        "dev.waybill.model..",
        "dev.waybill.spi..");
  }

  @Test
  void nobodyUsesTestkitCliOrBench() {
    noClasses()
        .that()
        .resideInAnyPackage(ROOT, "dev.waybill.stores..")
        .or()
        .resideInAnyPackage(CORE_ROOMS)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.waybill.testkit..",
            "dev.waybill.cli..",
            "dev.waybill.embed..",
            "dev.waybill.bench..",
            "dev.waybill.chaos..")
        .because("the library does not know who uses it; pass what it needs in")
        .check(CLASSES);
  }

  @Test
  void theChaosRunnerUsesNothingOfOurs() {
    mayUseOnly(
        "dev.waybill.chaos..",
        "what looks at a store after a crash must not be wrong in the way Waybill is: use drivers");
  }

  // --- habits

  @Test
  void onlyTheCliPrints() {
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.waybill.cli..", "dev.waybill.bench..", "dev.waybill.chaos..")
        .should(GeneralCodingRules.ACCESS_STANDARD_STREAMS)
        .because("a library never prints: return a value, or tell the RunEvent.Listener")
        .check(CLASSES);
  }

  @Test
  void onlyTheCliEndsTheProcess() {
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.waybill.cli..", "dev.waybill.bench..", "dev.waybill.chaos..")
        .should()
        .accessTargetWhere(
            target("ends the process", System.class, "exit")
                .or(target("ends the process", Runtime.class, "exit", "halt")))
        .because("a library never ends its user's process: throw a WaybillException")
        .check(CLASSES);
  }

  @Test
  void theClockIsInjected() {
    noClasses()
        .that()
        // Waiting for a server to come up is real waiting, and no record depends on it.
        .resideOutsideOfPackages(
            ROOT, "dev.waybill.bench..", "dev.waybill.stores.embeddedpostgres..")
        .should()
        .accessTargetWhere(
            target("reads the clock", System.class, "currentTimeMillis")
                .or(target("reads the clock", java.util.Date.class, "<init>"))
                .or(
                    DescribedPredicate.describe(
                        "reads the clock",
                        access ->
                            access.getTargetOwner().getPackageName().equals("java.time")
                                && (access.getName().equals("now")
                                    || access.getTargetOwner().isEquivalentTo(java.time.Clock.class)
                                        && (access.getName().startsWith("system")
                                            || access.getName().startsWith("tick"))))))
        .because("runs must be repeatable to the byte: take Environment.clock(), wired in the root")
        .check(CLASSES);
  }

  @Test
  void timeIsMeasuredByAnInjectedClock() {
    noClasses()
        .that()
        .resideInAnyPackage(CORE_ROOMS)
        .should()
        .accessTargetWhere(target("measures time", System.class, "nanoTime"))
        .because("tests must be able to wait without waiting: take Environment.nanoTime()")
        .check(CLASSES);
  }

  @Test
  void chanceIsInjected() {
    noClasses()
        .that()
        // Two processes that unpack the same server must not meet in one temporary folder.
        .resideOutsideOfPackages(
            ROOT,
            "dev.waybill.bench..",
            "dev.waybill.chaos..",
            "dev.waybill.testkit..",
            "dev.waybill.stores.embeddedpostgres..")
        .should()
        .accessTargetWhere(
            target("takes chance", Math.class, "random")
                .or(target("takes chance", Random.class, "<init>"))
                .or(target("takes chance", ThreadLocalRandom.class, "current"))
                .or(target("takes chance", java.util.UUID.class, "randomUUID"))
                .or(target("takes chance", Collections.class, "shuffle")))
        .because(
            "runs must be repeatable to the byte: take Environment.random(), wired in the root")
        .check(CLASSES);
  }

  @Test
  void secretsAreMadeWhereTheyAreNeeded() {
    noClasses()
        .that()
        // A server's password must be unguessable, and no test depends on what it is.
        .resideOutsideOfPackages(ROOT, "dev.waybill.stores.embeddedpostgres..")
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(java.security.SecureRandom.class)
        .because(
            "runs must be repeatable to the byte: take Environment.random(), wired in the root")
        .check(CLASSES);
  }

  @Test
  void nobodyLogs() {
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.waybill.bench..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.util.logging..", "org.slf4j..", "org.apache.logging..")
        .because("return or throw, never log and continue; runs tell the RunEvent.Listener")
        .check(CLASSES);
  }

  @Test
  void namesSayWhatThingsAre() {
    classes()
        .that()
        .resideInAPackage("dev.waybill..")
        .should()
        .haveNameNotMatching(
            ".*(Manager|Helper|Utils?|Processor|Handler|Impl|Base|Data|Info)(\\$.*)?")
        .because("a class is named by the noun a DBA would say; see HOUSE's words")
        .check(CLASSES);
  }

  @Test
  void everyPackageHasASignOnItsDoorAndNoHiddenNulls() {
    Set<String> unmarked =
        CLASSES.stream()
            .map(JavaClass::getPackage)
            .filter(each -> !isNullMarked(each))
            .map(JavaPackage::getName)
            .collect(Collectors.toCollection(TreeSet::new));

    assertThat(unmarked)
        .as("write a package-info.java: what belongs here, what never, where to start; @NullMarked")
        .isEmpty();
  }

  private static boolean isNullMarked(JavaPackage each) {
    return each.tryGetAnnotationOfType(NullMarked.class).isPresent();
  }

  // --- every adapter is complete

  private static Set<String> adapters() {
    return CLASSES.stream()
        .filter(type -> type.getPackageName().startsWith("dev.waybill.stores"))
        .filter(type -> type.isAssignableTo(StoreAdapter.class))
        .filter(type -> !type.isInterface())
        .map(JavaClass::getName)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void everyAdapterIsRegistered() throws IOException {
    Set<String> registered = new TreeSet<>();
    for (URL file :
        Collections.list(
            StoreAdapter.class
                .getClassLoader()
                .getResources("META-INF/services/" + StoreAdapter.class.getName()))) {
      if (!file.getPath().contains("/test-classes/")) {
        try (var in = file.openStream()) {
          new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.isBlank())
              .forEach(registered::add);
        }
      }
    }

    assertThat(adapters()).isNotEmpty();
    assertThat(registered)
        .as("name the adapter in META-INF/services/" + StoreAdapter.class.getName())
        .containsExactlyInAnyOrderElementsOf(adapters());
  }

  @Test
  void everyAdapterHasAPage() throws Exception {
    for (String name : adapters()) {
      StoreAdapter adapter = adapter(name);
      Path page = Repository.root().resolve("docs/stores/" + adapter.type() + ".md");

      assertThat(page).as("write docs/stores/" + adapter.type() + ".md").isRegularFile();
      assertThat(Files.readAllLines(page)).hasSizeLessThanOrEqualTo(60);
      assertThat(page).content().contains(adapter.schemes().get(0) + ":");
    }
  }

  @Test
  void everyAdapterProvesTheLaws() throws Exception {
    for (String name : adapters()) {
      String folder = name.substring(0, name.lastIndexOf('.')).replace('.', '/');
      // Once its server runs, such a store is another one, which has proven the laws. Of one that
      // is only read the laws of writing cannot be asked: its own server's answers prove it, or
      // files that its own program wrote.
      boolean isServed =
          adapter(name) instanceof ServerAdapter || !adapter(name).capabilities().canWrite();
      try (Stream<Path> tests =
          Files.list(Repository.root().resolve("stores/src/test/java").resolve(folder))) {
        assertThat(tests)
            .as("write a test in " + folder + " that extends StoreTck")
            .anyMatch(test -> isServed ? isByItsOwn(test) : extendsTheTck(test));
      }
    }
  }

  private static boolean isByItsOwn(Path test) {
    return test.toString().endsWith("IT.java") || test.toString().endsWith("FilesTest.java");
  }

  private static boolean extendsTheTck(Path test) {
    try {
      return test.toString().endsWith(".java")
          && Files.readString(test).contains("extends StoreTck");
    } catch (IOException failed) {
      throw new java.io.UncheckedIOException(failed);
    }
  }

  private static StoreAdapter adapter(String name) throws Exception {
    return (StoreAdapter) Class.forName(name).getDeclaredConstructor().newInstance();
  }

  private static DescribedPredicate<JavaAccess<?>> target(
      String what, Class<?> owner, String... members) {
    return DescribedPredicate.describe(
        what,
        access ->
            access.getTargetOwner().isEquivalentTo(owner)
                && List.of(members).contains(access.getName()));
  }
}
