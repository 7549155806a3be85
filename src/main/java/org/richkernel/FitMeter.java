package org.richkernel;

import org.richkernel.compute.BackendInfo;

/**
 * What a fit ran on and what it took.
 *
 * @param backend device
 * @param peakBytes of the backend
 * @param seconds wall-clock time
 */
record FitMeter(BackendInfo backend, long peakBytes, double seconds) {}
