package org.richkernel.compute;

/**
 * What a backend runs on.
 *
 * @param name "cpu" or "cuda"
 * @param device name of the processor or accelerator
 * @param threads host threads that the backend computes with
 */
public record BackendInfo(String name, String device, int threads) {}
