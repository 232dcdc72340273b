// SPDX-License-Identifier: MIT
/* The last error, and what an errno is called on Windows. */
#include "internal.h"

static __thread DWORD last_error;

W32_API DWORD WINAPI GetLastError(void)
{
	return last_error;
}

W32_API VOID WINAPI SetLastError(DWORD dwErrCode)
{
	last_error = dwErrCode;
}

DWORD w32_code(int error)
{
	static const struct {
		int error;
		DWORD code;
	} codes[] = {
		{ 0, ERROR_SUCCESS },
		{ EBADF, ERROR_INVALID_HANDLE },
		{ EBADFD, ERROR_INVALID_HANDLE },
		{ EPROTOTYPE, ERROR_INVALID_HANDLE },
		{ EACCES, ERROR_ACCESS_DENIED },
		{ EPERM, ERROR_ACCESS_DENIED },
		{ ENOENT, ERROR_FILE_NOT_FOUND },
		{ ENOTDIR, ERROR_PATH_NOT_FOUND },
		{ EISDIR, ERROR_INVALID_NAME },
		{ EEXIST, ERROR_ALREADY_EXISTS },
		{ ENAMETOOLONG, ERROR_FILENAME_EXCED_RANGE },
		{ EINVAL, ERROR_INVALID_PARAMETER },
		{ ENOTUNIQ, ERROR_INVALID_PARAMETER },
		{ EFAULT, ERROR_NOACCESS },
		{ EDQUOT, ERROR_NOT_ENOUGH_QUOTA },
		{ ENOMEM, ERROR_NOT_ENOUGH_MEMORY },
		{ EMFILE, ERROR_TOO_MANY_OPEN_FILES },
		{ ENFILE, ERROR_NO_SYSTEM_RESOURCES },
		{ ENODEV, ERROR_DEV_NOT_EXIST },
		{ ENOSYS, ERROR_NOT_SUPPORTED },
		{ EOPNOTSUPP, ERROR_NOT_SUPPORTED },
	};

	if (error < 0)
		error = -error;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i].error == error)
			return codes[i].code;
	}
	return ERROR_GEN_FAILURE;
}

BOOL w32_fail(DWORD code)
{
	SetLastError(code);
	return FALSE;
}

BOOL w32_result(int error)
{
	return error ? w32_fail(w32_code(error)) : TRUE;
}
