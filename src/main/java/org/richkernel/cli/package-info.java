/**
 * The command line: options, configuration files, progress, signals, exit codes.
 *
 * <p>It uses the Java API alone, and is the only place that ends the process.
 */
package org.richkernel.cli;
