// Kernels over rows and channels, where the array module would take several passes. T is what is stored, A what is
// summed in; both are defined before this text. Blocks have a power of two of threads, 256 at most.

extern "C" __global__ void softmax_rows(const T* x, T* y, const long long rows, const long long n, const long long logarithm) {
    __shared__ A part[256];
    for (long long row = blockIdx.x; row < rows; row += gridDim.x) {
        const T* a = x + row * n;
        T* b = y + row * n;
        A largest = -NW_INF;
        for (long long i = threadIdx.x; i < n; i += blockDim.x) largest = nw_max(largest, (A)nw_load(a[i]));
        largest = nw_block_max(largest, part);
        A total = 0;
        for (long long i = threadIdx.x; i < n; i += blockDim.x) total += nw_exp((A)nw_load(a[i]) - largest);
        total = nw_block_sum(total, part);
        const A under = nw_log(total);
        for (long long i = threadIdx.x; i < n; i += blockDim.x) {
            const A shifted = (A)nw_load(a[i]) - largest;
            b[i] = nw_stored<T>::make(logarithm ? shifted - under : nw_exp(shifted) / total);
        }
    }
}

extern "C" __global__ void layer_norm_rows(const T* x, const T* gamma, const T* beta, T* y, A* mean, A* deviation,
                                           const long long rows, const long long n, const double eps) {
    __shared__ A part[256];
    for (long long row = blockIdx.x; row < rows; row += gridDim.x) {
        const T* a = x + row * n;
        T* b = y + row * n;
        A total = 0;
        for (long long i = threadIdx.x; i < n; i += blockDim.x) total += (A)nw_load(a[i]);
        const A middle = nw_block_sum(total, part) / (A)n;
        A squares = 0;
        for (long long i = threadIdx.x; i < n; i += blockDim.x) squares += nw_square((A)nw_load(a[i]) - middle);
        const A spread = nw_sqrt(nw_block_sum(squares, part) / (A)n + (A)eps);
        for (long long i = threadIdx.x; i < n; i += blockDim.x) {
            const A unit = ((A)nw_load(a[i]) - middle) / spread;
            b[i] = nw_stored<T>::make(unit * (A)nw_load(gamma[i]) + (A)nw_load(beta[i]));
        }
        if (threadIdx.x == 0) {
            mean[row] = middle;
            deviation[row] = spread;
        }
    }
}

// x is (outer, channels, inner); a block takes a channel
extern "C" __global__ void batch_statistics(const T* x, A* mean, A* variance, const long long outer, const long long channels,
                                            const long long inner) {
    __shared__ A part[256];
    const long long count = outer * inner;
    for (long long channel = blockIdx.x; channel < channels; channel += gridDim.x) {
        const T* a = x + channel * inner;
        A total = 0;
        for (long long k = threadIdx.x; k < count; k += blockDim.x)
            total += (A)nw_load(a[k / inner * channels * inner + k % inner]);
        const A middle = nw_block_sum(total, part) / (A)count;
        A squares = 0;
        for (long long k = threadIdx.x; k < count; k += blockDim.x)
            squares += nw_square((A)nw_load(a[k / inner * channels * inner + k % inner]) - middle);
        const A spread = nw_block_sum(squares, part) / (A)count;
        if (threadIdx.x == 0) {
            mean[channel] = middle;
            variance[channel] = spread;
        }
    }
}

extern "C" __global__ void batch_normalize(const T* x, const A* mean, const A* scale, const T* shift, T* y, const long long n,
                                           const long long channels, const long long inner) {
    const long long step = (long long)gridDim.x * blockDim.x;
    for (long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += step) {
        const long long c = i / inner % channels;
        y[i] = nw_stored<T>::make(((A)nw_load(x[i]) - mean[c]) * scale[c] + (A)nw_load(shift[c]));
    }
}

// The gradient of rows that were taken: y[v] is the sum of those dy whose place is v, in their order, so that two runs
// give the same bits. ``order`` sorts the places; those of v lie from starts[v] on.
extern "C" __global__ void taken_rows(const T* dy, const long long* order, const long long* starts, T* y, const long long rows,
                                      const long long width) {
    for (long long v = blockIdx.x; v < rows; v += gridDim.x) {
        for (long long j = threadIdx.x; j < width; j += blockDim.x) {
            A total = 0;
            for (long long k = starts[v]; k < starts[v + 1]; k++) total += (A)nw_load(dy[order[k] * width + j]);
            y[v * width + j] = nw_stored<T>::make(total);
        }
    }
}
