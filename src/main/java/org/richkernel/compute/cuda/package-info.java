/**
 * The compute facade on a CUDA device, through JCuda's bindings of the driver, cuBLAS, cuSOLVER and
 * NVRTC. Kernels travel as source under {@code /kernels-cu} and are compiled for the device found.
 * No class of JCuda is loaded before a probe or an opening asks for it, so a machine without a GPU
 * never touches one.
 */
package org.richkernel.compute.cuda;
