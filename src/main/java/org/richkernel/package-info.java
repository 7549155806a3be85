/**
 * The richkernel API: describe a fit, run it on a backend, read it, save it, apply it again.
 *
 * <pre>{@code
 * Datasets digits = DatasetReader.train("train-images.gz", "train-labels.gz")
 *     .test("test-images.gz", "test-labels.gz").classes(0, 1).trainSize(200).read();
 * try (Backend backend = Backends.cpu()) {
 *   AdaptiveNbkFit fit = AdaptiveNbk.of(NetworkSpec.of(1, Activation.RELU))
 *       .gamma(1).beta(10).samples(2000).fit(digits, backend);
 *   System.out.println(fit.testScores().orElseThrow());
 *   fit.save(Path.of("fit"));
 * }
 * }</pre>
 *
 * <p>Conventions: P training points, D inputs, K outputs; arrays are row-major.
 */
package org.richkernel;
