package org.richkernel;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/** Who may depend on whom. */
class ArchitectureTest {
  private static final String COMPUTE = "org.richkernel.compute..";
  private static final String GROUP = "org.richkernel.group..";
  private static final String NETWORK = "org.richkernel.network..";
  private static final String OPTION = "org.richkernel.option..";
  private static final String LAZY = "org.richkernel.lazy..";
  private static final String BAYES = "org.richkernel.bayes..";
  private static final String DYNAMICS = "org.richkernel.dynamics..";
  private static final String FINITE = "org.richkernel.finite..";
  private static final String LIMIT = "org.richkernel.limit..";
  private static final String STACK = "org.richkernel.stack..";
  private static final String SOLVER = "org.richkernel.solver..";
  private static final String SAMPLING = "org.richkernel.sampling..";
  private static final String DATA = "org.richkernel.data..";
  private static final String RESULT = "org.richkernel.result..";
  private static final String REPORT = "org.richkernel.report..";
  private static final String GALLERY = "org.richkernel.gallery..";
  private static final String CLI = "org.richkernel.cli..";
  private static final String MODEL = "org.richkernel.model..";
  private static final String FIT = "org.richkernel.fit..";
  private static final String STUDY = "org.richkernel.study..";
  private static final String API = "org.richkernel";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("org.richkernel");

  @Test
  void packagesHaveNoCycles() {
    ArchRule rule = slices().matching("org.richkernel.(**)").should().beFreeOfCycles();
    rule.check(CLASSES);
  }

  @Test
  void computeStandsOnNothingOfOurs() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAPackage(COMPUTE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                NETWORK, STACK, LAZY, BAYES, DYNAMICS, FINITE, LIMIT, SAMPLING, SOLVER, DATA,
                RESULT, REPORT, CLI, MODEL, FIT, STUDY, API);
    rule.check(CLASSES);
  }

  @Test
  void groupsOfRanksStandOnNothing() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAPackage(GROUP)
            .should()
            .dependOnClassesThat(
                resideInAPackage("org.richkernel..").and(resideOutsideOfPackage(GROUP)));
    rule.check(CLASSES);
  }

  @Test
  void declarationsOfOptionsKnowNoTheory() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAPackage(OPTION)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                LAZY, BAYES, DYNAMICS, FINITE, LIMIT, SAMPLING, SOLVER, DATA, RESULT, REPORT, CLI,
                MODEL, FIT, STUDY, API);
    rule.check(CLASSES);
  }

  @Test
  void theoriesKnowNoFilesAndNoCommands() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAnyPackage(
                NETWORK, STACK, LAZY, BAYES, DYNAMICS, FINITE, LIMIT, SAMPLING, SOLVER)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(DATA, RESULT, REPORT, CLI, MODEL, FIT, STUDY, API);
    rule.check(CLASSES);
  }

  @Test
  void stacksKnowNoTheory() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAPackage(STACK)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(LAZY, BAYES, DYNAMICS, FINITE, LIMIT, SOLVER);
    rule.check(CLASSES);
  }

  @Test
  void limitsAndTheOtherTheoriesDoNotKnowEachOther() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAPackage(LIMIT)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(LAZY, BAYES, DYNAMICS, FINITE, SAMPLING);
    rule.check(CLASSES);
    ArchRule back =
        noClasses()
            .that()
            .resideInAnyPackage(NETWORK, LAZY, BAYES, DYNAMICS, FINITE, SAMPLING, SOLVER)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(LIMIT);
    back.check(CLASSES);
  }

  /** Builders make fits and studies, these make models; none knows whoever asked for it. */
  @Test
  void fitsKnowNoBuildersAndModelsKnowNoFits() {
    noClasses()
        .that()
        .resideInAPackage(MODEL)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(FIT, STUDY, API, REPORT)
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage(FIT)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(STUDY, API, REPORT)
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage(STUDY)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(API, REPORT)
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage(API)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(STUDY, REPORT)
        .check(CLASSES);
  }

  /** The root holds the builders, and nothing that they are made of. */
  @Test
  void rootHoldsTheBuildersAlone() {
    classes()
        .that()
        .resideInAPackage(API)
        .and()
        .areTopLevelClasses()
        .should()
        .haveNameMatching(
            "org\\.richkernel\\.(AdaptiveNbk|CriticalNbk|MultiScaleNbk|Dynamics|LazyRegression"
                + "|Finite(Network|Posterior|Training)|package-info)")
        .check(CLASSES);
  }

  @Test
  void nobodyNamesAConcreteBackend() {
    ArchRule rule =
        noClasses()
            .that()
            .resideOutsideOfPackages(
                "org.richkernel.compute.cpu..", "org.richkernel.compute.cuda..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.richkernel.compute.cpu..", "org.richkernel.compute.cuda..");
    rule.check(CLASSES);
  }

  /** Every matrix is an entry of a plan, so that no other list of them exists. */
  @Test
  void onlyWorkspacesAllocateMatrices() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName(Workspace.class.getName())
        .should()
        .callMethod(Backend.class, "allocate", Precision.class, int.class, int.class, String.class)
        .check(CLASSES);
  }

  @Test
  void onlyTheCpuBackendCallsOpenBlas() {
    ArchRule rule =
        noClasses()
            .that()
            .resideOutsideOfPackage("org.richkernel.compute.cpu..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.bytedeco..");
    rule.check(CLASSES);
  }

  @Test
  void onlyTheCudaBackendCallsJcuda() {
    ArchRule rule =
        noClasses()
            .that()
            .resideOutsideOfPackage("org.richkernel.compute.cuda..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("jcuda..");
    rule.check(CLASSES);
  }

  @Test
  void reportsAndFilesKnowNoTheories() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAnyPackage(DATA, RESULT, REPORT)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(LAZY, BAYES, DYNAMICS, FINITE, LIMIT, CLI, MODEL, FIT, STUDY, API);
    rule.check(CLASSES);
  }

  @Test
  void galleryReadsResultsAndNothingElseReadsTheGallery() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAPackage(GALLERY)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                COMPUTE, LAZY, BAYES, DYNAMICS, FINITE, LIMIT, SOLVER, CLI, MODEL, FIT, STUDY, API);
    rule.check(CLASSES);
    ArchRule back =
        noClasses()
            .that()
            .resideOutsideOfPackages(GALLERY, CLI)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(GALLERY);
    back.check(CLASSES);
  }

  @Test
  void commandLineComputesNothingItself() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAPackage(CLI)
            .should()
            .dependOnClassesThat()
            .haveNameMatching(
                "org\\.richkernel\\..*(Matrix|Workspace|Solver|Sampler|RandomStreams)");
    rule.check(CLASSES);
  }

  /** Who depends on the library has none of them. */
  @Test
  void onlyTheCommandLineUsesTheLibrariesOfTheProgram() {
    ArchRule rule =
        noClasses()
            .that()
            .resideOutsideOfPackage(CLI)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("picocli..", "me.tongfei..", "org.jline..", "ch.qos..");
    rule.check(CLASSES);
  }

  @Test
  void nothingStandsOnTheCommandLine() {
    ArchRule rule =
        noClasses()
            .that()
            .resideOutsideOfPackage(CLI)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(CLI);
    rule.check(CLASSES);
  }

  @Test
  void onlyTheCommandLineEndsTheProcess() {
    ArchRule rule =
        noClasses()
            .that()
            .resideOutsideOfPackage(CLI)
            .should()
            .callMethod(System.class, "exit", int.class);
    rule.check(CLASSES);
  }
}
