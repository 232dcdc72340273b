/* SPDX-License-Identifier: MIT */
/*
 * libwsync-win32: the synchronization functions of Windows under their own
 * names, over libwsync. Include it where Windows code includes <windows.h>.
 *
 * A HANDLE is a file descriptor in another dress: 4 * (fd + 1), so that NULL
 * and INVALID_HANDLE_VALUE are never one, and inheritance over exec keeps its
 * value. WaitForSingleObject(), WaitForMultipleObjects() for any object, and
 * SignalObjectAndWait() as what is awaited, also take handles made of any
 * other fd that poll(2) knows; see wsync_win32_handle(). WaitForMultipleObjects() for all
 * takes handles of processes.
 *
 * WCHAR has 16 bits and holds UTF-16. With -fshort-wchar it is wchar_t, and L"" and
 * TEXT("") literals work as on Windows (the C library's wide functions do
 * not; don't call them). Without, it is char16_t and TEXT("") makes u"", which
 * wants C11, C++11 or -std=gnu99. Both agree in binary form.
 *
 * DWORD, LONG and ULONG have 32 bits on every architecture, as on Windows.
 *
 * man 3 wsync-win32 tells what is particular, man 7 winsync what differs from Windows.
 */
#ifndef WSYNC_WIN32_H
#define WSYNC_WIN32_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------ */
/* Types                                                                    */

#define WINAPI
#define NTAPI
#define CALLBACK
#define APIENTRY
#define WINBASEAPI

typedef void VOID, *PVOID, *LPVOID, *HANDLE;
typedef const void *LPCVOID;
typedef HANDLE *PHANDLE, *LPHANDLE;
typedef int BOOL, *PBOOL, *LPBOOL;
typedef unsigned char BYTE, *PBYTE, UCHAR, *PUCHAR, BOOLEAN, *PBOOLEAN;
typedef uint16_t WORD, USHORT;
typedef uint32_t DWORD, *PDWORD, *LPDWORD, ULONG, *PULONG, UINT;
typedef int32_t LONG, *PLONG, *LPLONG, INT;
typedef int64_t LONGLONG;
typedef uint64_t ULONGLONG, DWORD64, ULONG64;
typedef intptr_t LONG_PTR;
typedef uintptr_t ULONG_PTR, DWORD_PTR, UINT_PTR;
typedef size_t SIZE_T;
typedef DWORD ACCESS_MASK;
typedef LONG NTSTATUS;

typedef char CHAR, *PCHAR, *LPSTR, *PSTR;
typedef const char *LPCSTR, *PCSTR;
#if __SIZEOF_WCHAR_T__ == 2
#ifdef __cplusplus
typedef wchar_t WCHAR;
#else
typedef __WCHAR_TYPE__ WCHAR;
#endif
#define WSYNC_WIDE(text) L##text
#else
#ifdef __cplusplus
typedef char16_t WCHAR;
#else
typedef __CHAR16_TYPE__ WCHAR;
#endif
#define WSYNC_WIDE(text) u##text
#endif
typedef WCHAR *PWSTR, *LPWSTR;
typedef const WCHAR *LPCWSTR, *PCWSTR;

#ifdef UNICODE
typedef WCHAR TCHAR, *LPTSTR;
typedef LPCWSTR LPCTSTR;
#define WSYNC_TEXT(text) WSYNC_WIDE(text)
#else
typedef char TCHAR, *LPTSTR;
typedef LPCSTR LPCTSTR;
#define WSYNC_TEXT(text) text
#endif
#ifndef TEXT
#define TEXT(text) WSYNC_TEXT(text)
#endif

#ifndef CONST
#define CONST const
#endif
#ifndef FALSE
#define FALSE 0
#endif
#ifndef TRUE
#define TRUE 1
#endif

typedef union _LARGE_INTEGER {
	__extension__ struct {
		DWORD LowPart;
		LONG HighPart;
	};
	struct {
		DWORD LowPart;
		LONG HighPart;
	} u;
	LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
	__extension__ struct {
		DWORD LowPart;
		DWORD HighPart;
	};
	struct {
		DWORD LowPart;
		DWORD HighPart;
	} u;
	ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

typedef struct _FILETIME {
	DWORD dwLowDateTime;
	DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

#define INVALID_HANDLE_VALUE	((HANDLE)(LONG_PTR)-1)
#define INFINITE		0xFFFFFFFFu
#define MAX_PATH		260
#define MAXIMUM_WAIT_OBJECTS	64

/*
 * The handle of a fd, and back; the fd stays what it is. An fd out of range is
 * NULL, and no handle (NULL, a pseudo handle) is -1.
 */
HANDLE wsync_win32_handle(int fd);
int wsync_win32_fd(HANDLE handle);

/* ------------------------------------------------------------------------ */
/* Errors                                                                   */

#define ERROR_SUCCESS			0u
#define NO_ERROR			0u
#define ERROR_FILE_NOT_FOUND		2u
#define ERROR_PATH_NOT_FOUND		3u
#define ERROR_TOO_MANY_OPEN_FILES	4u
#define ERROR_ACCESS_DENIED		5u
#define ERROR_INVALID_HANDLE		6u
#define ERROR_NOT_ENOUGH_MEMORY		8u
#define ERROR_BAD_LENGTH		24u
#define ERROR_GEN_FAILURE		31u
#define ERROR_NOT_SUPPORTED		50u
#define ERROR_DEV_NOT_EXIST		55u
#define ERROR_INVALID_PARAMETER		87u
#define ERROR_INSUFFICIENT_BUFFER	122u
#define ERROR_INVALID_NAME		123u
#define ERROR_BAD_PATHNAME		161u
#define ERROR_ALREADY_EXISTS		183u
#define ERROR_FILENAME_EXCED_RANGE	206u
#define ERROR_NOT_OWNER			288u
#define ERROR_TOO_MANY_POSTS		298u
#define ERROR_MUTANT_LIMIT_EXCEEDED	587u
#define ERROR_NOACCESS			998u
#define ERROR_UNKNOWN_REVISION		1305u
#define ERROR_REVISION_MISMATCH		1306u
#define ERROR_PRIVILEGE_NOT_HELD	1314u
#define ERROR_INVALID_ACL		1336u
#define ERROR_INVALID_SID		1337u
#define ERROR_INVALID_SECURITY_DESCR	1338u
#define ERROR_ALLOTTED_SPACE_EXCEEDED	1344u
#define ERROR_NO_SYSTEM_RESOURCES	1450u
#define ERROR_NOT_SAME_OBJECT		1656u
#define ERROR_NOT_ENOUGH_QUOTA		1816u

#define WAIT_OBJECT_0			0x00000000u
#define WAIT_ABANDONED			0x00000080u
#define WAIT_ABANDONED_0		0x00000080u
#define WAIT_IO_COMPLETION		0x000000C0u
#define WAIT_TIMEOUT			0x00000102u
#define WAIT_FAILED			0xFFFFFFFFu

#define NT_SUCCESS(status)		((NTSTATUS)(status) >= 0)
#define STATUS_SUCCESS			((NTSTATUS)0x00000000)
#define STATUS_WAIT_0			((NTSTATUS)0x00000000)
#define STATUS_ABANDONED_WAIT_0		((NTSTATUS)0x00000080)
#define STATUS_USER_APC			((NTSTATUS)0x000000C0)
#define STATUS_TIMEOUT			((NTSTATUS)0x00000102)
#define STATUS_OBJECT_NAME_EXISTS	((NTSTATUS)0x40000000)
#define STATUS_TIMER_RESUME_IGNORED	((NTSTATUS)0x40000025)
#define STATUS_UNSUCCESSFUL		((NTSTATUS)0xC0000001)
#define STATUS_INVALID_INFO_CLASS	((NTSTATUS)0xC0000003)
#define STATUS_INFO_LENGTH_MISMATCH	((NTSTATUS)0xC0000004)
#define STATUS_ACCESS_VIOLATION		((NTSTATUS)0xC0000005)
#define STATUS_INVALID_HANDLE		((NTSTATUS)0xC0000008)
#define STATUS_INVALID_PARAMETER	((NTSTATUS)0xC000000D)
#define STATUS_NO_MEMORY		((NTSTATUS)0xC0000017)
#define STATUS_ACCESS_DENIED		((NTSTATUS)0xC0000022)
#define STATUS_OBJECT_TYPE_MISMATCH	((NTSTATUS)0xC0000024)
#define STATUS_INVALID_PARAMETER_MIX	((NTSTATUS)0xC0000030)
#define STATUS_OBJECT_NAME_INVALID	((NTSTATUS)0xC0000033)
#define STATUS_OBJECT_NAME_NOT_FOUND	((NTSTATUS)0xC0000034)
#define STATUS_OBJECT_NAME_COLLISION	((NTSTATUS)0xC0000035)
#define STATUS_OBJECT_PATH_NOT_FOUND	((NTSTATUS)0xC000003A)
#define STATUS_OBJECT_PATH_SYNTAX_BAD	((NTSTATUS)0xC000003B)
#define STATUS_MUTANT_NOT_OWNED		((NTSTATUS)0xC0000046)
#define STATUS_SEMAPHORE_LIMIT_EXCEEDED	((NTSTATUS)0xC0000047)
#define STATUS_PRIVILEGE_NOT_HELD	((NTSTATUS)0xC0000061)
#define STATUS_INVALID_PARAMETER_1	((NTSTATUS)0xC00000EF)
#define STATUS_INVALID_PARAMETER_2	((NTSTATUS)0xC00000F0)
#define STATUS_INVALID_PARAMETER_3	((NTSTATUS)0xC00000F1)
#define STATUS_INVALID_PARAMETER_4	((NTSTATUS)0xC00000F2)
#define STATUS_INVALID_PARAMETER_5	((NTSTATUS)0xC00000F3)
#define STATUS_INVALID_PARAMETER_6	((NTSTATUS)0xC00000F4)
#define STATUS_MUTANT_LIMIT_EXCEEDED	((NTSTATUS)0xC0000191)
#define STATUS_NOT_SAME_OBJECT		((NTSTATUS)0xC00001AC)
#define STATUS_HANDLE_NOT_CLOSABLE	((NTSTATUS)0xC0000235)

/* The last error belongs to the thread; waits and sleeps that succeed leave it alone. */
DWORD WINAPI GetLastError(void);
VOID WINAPI SetLastError(DWORD dwErrCode);

/* ------------------------------------------------------------------------ */
/* Rights and permissions                                                   */

#define DELETE				0x00010000u
#define READ_CONTROL			0x00020000u
#define WRITE_DAC			0x00040000u
#define WRITE_OWNER			0x00080000u
#define SYNCHRONIZE			0x00100000u
#define STANDARD_RIGHTS_REQUIRED	0x000F0000u
#define STANDARD_RIGHTS_ALL		0x001F0000u
#define ACCESS_SYSTEM_SECURITY		0x01000000u
#define MAXIMUM_ALLOWED			0x02000000u
#define GENERIC_ALL			0x10000000u
#define GENERIC_EXECUTE			0x20000000u
#define GENERIC_WRITE			0x40000000u
#define GENERIC_READ			0x80000000u

#define EVENT_QUERY_STATE		0x0001u
#define EVENT_MODIFY_STATE		0x0002u
#define EVENT_ALL_ACCESS		0x001F0003u
#define MUTANT_QUERY_STATE		0x0001u
#define MUTANT_ALL_ACCESS		0x001F0001u
#define MUTEX_MODIFY_STATE		MUTANT_QUERY_STATE
#define MUTEX_ALL_ACCESS		MUTANT_ALL_ACCESS
#define SEMAPHORE_QUERY_STATE		0x0001u
#define SEMAPHORE_MODIFY_STATE		0x0002u
#define SEMAPHORE_ALL_ACCESS		0x001F0003u
#define TIMER_QUERY_STATE		0x0001u
#define TIMER_MODIFY_STATE		0x0002u
#define TIMER_ALL_ACCESS		0x001F0003u
#define PROCESS_DUP_HANDLE		0x0040u
#define PROCESS_QUERY_LIMITED_INFORMATION 0x1000u
#define PROCESS_ALL_ACCESS		0x001FFFFFu

/*
 * Security descriptors become the nine permission bits of winsync. Known are
 * the absolute form with
 *	no DACL		everybody may do everything, mode 0777
 *	an empty DACL	nobody may open it, not even the creator
 *	a DACL of allowing entries for Everyone (S-1-1-0), the creator
 *			(S-1-22-1-uid, or S-1-3-0), and the creator's group
 *			(S-1-22-2-gid, or S-1-3-1)
 * What an entry for Everyone allows it allows the creator and group, too. Another entry
 * is ERROR_INVALID_ACL, another descriptor ERROR_INVALID_SECURITY_DESCR.
 * lpSecurityDescriptor NULL: the creator only, mode 0700.
 */
typedef PVOID PSECURITY_DESCRIPTOR, PSID;
typedef WORD SECURITY_DESCRIPTOR_CONTROL;

typedef struct _SECURITY_ATTRIBUTES {
	DWORD nLength;
	LPVOID lpSecurityDescriptor;
	BOOL bInheritHandle;
} SECURITY_ATTRIBUTES, *PSECURITY_ATTRIBUTES, *LPSECURITY_ATTRIBUTES;

typedef struct _ACL {
	BYTE AclRevision;
	BYTE Sbz1;
	WORD AclSize;
	WORD AceCount;
	WORD Sbz2;
} ACL, *PACL;

typedef struct _ACE_HEADER {
	BYTE AceType;
	BYTE AceFlags;
	WORD AceSize;
} ACE_HEADER;

typedef struct _ACCESS_ALLOWED_ACE {
	ACE_HEADER Header;
	ACCESS_MASK Mask;
	DWORD SidStart;
} ACCESS_ALLOWED_ACE, *PACCESS_ALLOWED_ACE;

typedef struct _SECURITY_DESCRIPTOR {
	BYTE Revision;
	BYTE Sbz1;
	SECURITY_DESCRIPTOR_CONTROL Control;
	PSID Owner;
	PSID Group;
	PACL Sacl;
	PACL Dacl;
} SECURITY_DESCRIPTOR, *PISECURITY_DESCRIPTOR;

typedef struct _SID_IDENTIFIER_AUTHORITY {
	BYTE Value[6];
} SID_IDENTIFIER_AUTHORITY, *PSID_IDENTIFIER_AUTHORITY;

typedef struct _SID {
	BYTE Revision;
	BYTE SubAuthorityCount;
	SID_IDENTIFIER_AUTHORITY IdentifierAuthority;
	DWORD SubAuthority[1];
} SID, *PISID;

#define SECURITY_DESCRIPTOR_REVISION	1
#define SECURITY_DESCRIPTOR_MIN_LENGTH	sizeof(SECURITY_DESCRIPTOR)
#define SE_DACL_PRESENT			0x0004
#define ACL_REVISION			2
#define ACCESS_ALLOWED_ACE_TYPE		0
#define SID_REVISION			1
#define SID_MAX_SUB_AUTHORITIES		15
#define SECURITY_MAX_SID_SIZE		68
#define SECURITY_WORLD_SID_AUTHORITY	{ { 0, 0, 0, 0, 0, 1 } }
#define SECURITY_CREATOR_SID_AUTHORITY	{ { 0, 0, 0, 0, 0, 3 } }
#define SECURITY_WORLD_RID		0u
#define SECURITY_CREATOR_OWNER_RID	0u
#define SECURITY_CREATOR_GROUP_RID	1u
/* S-1-22: users (1) and groups (2) of Unix, as Samba has them. */
#define WSYNC_UNIX_SID_AUTHORITY	{ { 0, 0, 0, 0, 0, 22 } }
#define WSYNC_UNIX_USER_RID		1u
#define WSYNC_UNIX_GROUP_RID		2u

typedef enum {
	WinWorldSid = 1,
	WinCreatorOwnerSid = 3,
	WinCreatorGroupSid = 4
} WELL_KNOWN_SID_TYPE;

BOOL WINAPI InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR pSecurityDescriptor,
					 DWORD dwRevision);
BOOL WINAPI SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR pSecurityDescriptor,
				      BOOL bDaclPresent, PACL pDacl, BOOL bDaclDefaulted);
BOOL WINAPI InitializeAcl(PACL pAcl, DWORD nAclLength, DWORD dwAclRevision);
BOOL WINAPI AddAccessAllowedAce(PACL pAcl, DWORD dwAceRevision, DWORD AccessMask, PSID pSid);
BOOL WINAPI AllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY pIdentifierAuthority,
				     BYTE nSubAuthorityCount,
				     DWORD nSubAuthority0, DWORD nSubAuthority1,
				     DWORD nSubAuthority2, DWORD nSubAuthority3,
				     DWORD nSubAuthority4, DWORD nSubAuthority5,
				     DWORD nSubAuthority6, DWORD nSubAuthority7, PSID *pSid);
PVOID WINAPI FreeSid(PSID pSid);
BOOL WINAPI IsValidSid(PSID pSid);
BOOL WINAPI EqualSid(PSID pSid1, PSID pSid2);
DWORD WINAPI GetLengthSid(PSID pSid);
/* The domain must be NULL. */
BOOL WINAPI CreateWellKnownSid(WELL_KNOWN_SID_TYPE WellKnownSidType, PSID DomainSid,
			       PSID pSid, DWORD *cbSid);

/* ------------------------------------------------------------------------ */
/* Handles, processes, threads                                              */

#define HANDLE_FLAG_INHERIT		0x1u
#define HANDLE_FLAG_PROTECT_FROM_CLOSE	0x2u
#define DUPLICATE_CLOSE_SOURCE		0x1u
#define DUPLICATE_SAME_ACCESS		0x2u

BOOL WINAPI CloseHandle(HANDLE hObject);
/*
 * The target must be the calling process: Linux can't put a handle into another
 * one, which is ERROR_NOT_SUPPORTED, as is to close a handle there.
 */
BOOL WINAPI DuplicateHandle(HANDLE hSourceProcessHandle, HANDLE hSourceHandle,
			    HANDLE hTargetProcessHandle, LPHANDLE lpTargetHandle,
			    DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwOptions);
BOOL WINAPI CompareObjectHandles(HANDLE hFirstObjectHandle, HANDLE hSecondObjectHandle);
BOOL WINAPI GetHandleInformation(HANDLE hObject, LPDWORD lpdwFlags);
BOOL WINAPI SetHandleInformation(HANDLE hObject, DWORD dwMask, DWORD dwFlags);

HANDLE WINAPI GetCurrentProcess(void);
HANDLE WINAPI GetCurrentThread(void);
DWORD WINAPI GetCurrentProcessId(void);
DWORD WINAPI GetCurrentThreadId(void);
/* A pidfd; signaled when the process has ended. The access is not looked at. */
HANDLE WINAPI OpenProcess(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwProcessId);
DWORD WINAPI GetProcessId(HANDLE Process);

/* ------------------------------------------------------------------------ */
/* Events                                                                   */

#define CREATE_EVENT_MANUAL_RESET	0x1u
#define CREATE_EVENT_INITIAL_SET	0x2u

HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
			   BOOL bInitialState, LPCSTR lpName);
HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
			   BOOL bInitialState, LPCWSTR lpName);
HANDLE WINAPI CreateEventExA(LPSECURITY_ATTRIBUTES lpEventAttributes, LPCSTR lpName,
			     DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE WINAPI CreateEventExW(LPSECURITY_ATTRIBUTES lpEventAttributes, LPCWSTR lpName,
			     DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE WINAPI OpenEventA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName);
HANDLE WINAPI OpenEventW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName);
BOOL WINAPI SetEvent(HANDLE hEvent);
BOOL WINAPI ResetEvent(HANDLE hEvent);
BOOL WINAPI PulseEvent(HANDLE hEvent);

/* ------------------------------------------------------------------------ */
/* Mutexes                                                                  */

#define CREATE_MUTEX_INITIAL_OWNER	0x1u

HANDLE WINAPI CreateMutexA(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner,
			   LPCSTR lpName);
HANDLE WINAPI CreateMutexW(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner,
			   LPCWSTR lpName);
HANDLE WINAPI CreateMutexExA(LPSECURITY_ATTRIBUTES lpMutexAttributes, LPCSTR lpName,
			     DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE WINAPI CreateMutexExW(LPSECURITY_ATTRIBUTES lpMutexAttributes, LPCWSTR lpName,
			     DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE WINAPI OpenMutexA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName);
HANDLE WINAPI OpenMutexW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName);
BOOL WINAPI ReleaseMutex(HANDLE hMutex);

/* ------------------------------------------------------------------------ */
/* Semaphores                                                               */

HANDLE WINAPI CreateSemaphoreA(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount,
			       LONG lMaximumCount, LPCSTR lpName);
HANDLE WINAPI CreateSemaphoreW(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount,
			       LONG lMaximumCount, LPCWSTR lpName);
HANDLE WINAPI CreateSemaphoreExA(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes,
				 LONG lInitialCount, LONG lMaximumCount, LPCSTR lpName,
				 DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE WINAPI CreateSemaphoreExW(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes,
				 LONG lInitialCount, LONG lMaximumCount, LPCWSTR lpName,
				 DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE WINAPI OpenSemaphoreA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName);
HANDLE WINAPI OpenSemaphoreW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName);
BOOL WINAPI ReleaseSemaphore(HANDLE hSemaphore, LONG lReleaseCount, LPLONG lpPreviousCount);

/* ------------------------------------------------------------------------ */
/* Timers                                                                   */

#define CREATE_WAITABLE_TIMER_MANUAL_RESET	0x1u
#define CREATE_WAITABLE_TIMER_HIGH_RESOLUTION	0x2u

typedef VOID (CALLBACK *PTIMERAPCROUTINE)(LPVOID lpArgToCompletionRoutine,
					  DWORD dwTimerLowValue, DWORD dwTimerHighValue);

/* Only annotates a timer; not looked at. */
typedef struct _REASON_CONTEXT {
	ULONG Version;
	DWORD Flags;
	LPWSTR SimpleReasonString;
} REASON_CONTEXT, *PREASON_CONTEXT;

HANDLE WINAPI CreateWaitableTimerA(LPSECURITY_ATTRIBUTES lpTimerAttributes, BOOL bManualReset,
				   LPCSTR lpTimerName);
HANDLE WINAPI CreateWaitableTimerW(LPSECURITY_ATTRIBUTES lpTimerAttributes, BOOL bManualReset,
				   LPCWSTR lpTimerName);
HANDLE WINAPI CreateWaitableTimerExA(LPSECURITY_ATTRIBUTES lpTimerAttributes,
				     LPCSTR lpTimerName, DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE WINAPI CreateWaitableTimerExW(LPSECURITY_ATTRIBUTES lpTimerAttributes,
				     LPCWSTR lpTimerName, DWORD dwFlags,
				     DWORD dwDesiredAccess);
HANDLE WINAPI OpenWaitableTimerA(DWORD dwDesiredAccess, BOOL bInheritHandle,
				 LPCSTR lpTimerName);
HANDLE WINAPI OpenWaitableTimerW(DWORD dwDesiredAccess, BOOL bInheritHandle,
				 LPCWSTR lpTimerName);
BOOL WINAPI SetWaitableTimer(HANDLE hTimer, const LARGE_INTEGER *lpDueTime, LONG lPeriod,
			     PTIMERAPCROUTINE pfnCompletionRoutine,
			     LPVOID lpArgToCompletionRoutine, BOOL fResume);
BOOL WINAPI SetWaitableTimerEx(HANDLE hTimer, const LARGE_INTEGER *lpDueTime, LONG lPeriod,
			       PTIMERAPCROUTINE pfnCompletionRoutine,
			       LPVOID lpArgToCompletionRoutine, PREASON_CONTEXT WakeContext,
			       ULONG TolerableDelay);
BOOL WINAPI CancelWaitableTimer(HANDLE hTimer);

/* ------------------------------------------------------------------------ */
/* Waits, sleeps, queued calls                                              */

typedef VOID (CALLBACK *PAPCFUNC)(ULONG_PTR Parameter);

DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds);
DWORD WINAPI WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable);
DWORD WINAPI WaitForMultipleObjects(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
				    DWORD dwMilliseconds);
DWORD WINAPI WaitForMultipleObjectsEx(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
				      DWORD dwMilliseconds, BOOL bAlertable);
DWORD WINAPI SignalObjectAndWait(HANDLE hObjectToSignal, HANDLE hObjectToWaitOn,
				 DWORD dwMilliseconds, BOOL bAlertable);
VOID WINAPI Sleep(DWORD dwMilliseconds);
DWORD WINAPI SleepEx(DWORD dwMilliseconds, BOOL bAlertable);
/* The thread is GetCurrentThread(), or a handle that DuplicateHandle() made of it. */
DWORD WINAPI QueueUserAPC(PAPCFUNC pfnAPC, HANDLE hThread, ULONG_PTR dwData);

/* ------------------------------------------------------------------------ */
/* Private namespaces                                                       */

#define PRIVATE_NAMESPACE_FLAG_DESTROY	0x1u

HANDLE WINAPI CreateBoundaryDescriptorA(LPCSTR Name, ULONG Flags);
HANDLE WINAPI CreateBoundaryDescriptorW(LPCWSTR Name, ULONG Flags);
BOOL WINAPI AddSIDToBoundaryDescriptor(HANDLE *BoundaryDescriptor, PSID RequiredSid);
/* Linux has no integrity levels: ERROR_NOT_SUPPORTED. */
BOOL WINAPI AddIntegrityLabelToBoundaryDescriptor(HANDLE *BoundaryDescriptor,
						  PSID IntegrityLabel);
VOID WINAPI DeleteBoundaryDescriptor(HANDLE BoundaryDescriptor);
HANDLE WINAPI CreatePrivateNamespaceA(LPSECURITY_ATTRIBUTES lpPrivateNamespaceAttributes,
				      LPVOID lpBoundaryDescriptor, LPCSTR lpAliasPrefix);
HANDLE WINAPI CreatePrivateNamespaceW(LPSECURITY_ATTRIBUTES lpPrivateNamespaceAttributes,
				      LPVOID lpBoundaryDescriptor, LPCWSTR lpAliasPrefix);
HANDLE WINAPI OpenPrivateNamespaceA(LPVOID lpBoundaryDescriptor, LPCSTR lpAliasPrefix);
HANDLE WINAPI OpenPrivateNamespaceW(LPVOID lpBoundaryDescriptor, LPCWSTR lpAliasPrefix);
BOOLEAN WINAPI ClosePrivateNamespace(HANDLE Handle, ULONG Flags);

/* ------------------------------------------------------------------------ */
/* Native functions                                                         */

typedef enum _EVENT_TYPE {
	NotificationEvent,
	SynchronizationEvent
} EVENT_TYPE;

typedef enum _EVENT_INFORMATION_CLASS { EventBasicInformation } EVENT_INFORMATION_CLASS;
typedef enum _MUTANT_INFORMATION_CLASS { MutantBasicInformation } MUTANT_INFORMATION_CLASS;
typedef enum _SEMAPHORE_INFORMATION_CLASS { SemaphoreBasicInformation } SEMAPHORE_INFORMATION_CLASS;
typedef enum _TIMER_INFORMATION_CLASS { TimerBasicInformation } TIMER_INFORMATION_CLASS;

typedef struct _EVENT_BASIC_INFORMATION {
	EVENT_TYPE EventType;
	LONG EventState;
} EVENT_BASIC_INFORMATION, *PEVENT_BASIC_INFORMATION;

typedef struct _MUTANT_BASIC_INFORMATION {
	LONG CurrentCount;
	BOOLEAN OwnedByCaller;
	BOOLEAN AbandonedState;
} MUTANT_BASIC_INFORMATION, *PMUTANT_BASIC_INFORMATION;

typedef struct _SEMAPHORE_BASIC_INFORMATION {
	ULONG CurrentCount;
	ULONG MaximumCount;
} SEMAPHORE_BASIC_INFORMATION, *PSEMAPHORE_BASIC_INFORMATION;

typedef struct _TIMER_BASIC_INFORMATION {
	LARGE_INTEGER RemainingTime;
	BOOLEAN TimerState;
} TIMER_BASIC_INFORMATION, *PTIMER_BASIC_INFORMATION;

NTSTATUS NTAPI NtQueryEvent(HANDLE EventHandle, EVENT_INFORMATION_CLASS EventInformationClass,
			    PVOID EventInformation, ULONG EventInformationLength,
			    PULONG ReturnLength);
NTSTATUS NTAPI NtQueryMutant(HANDLE MutantHandle,
			     MUTANT_INFORMATION_CLASS MutantInformationClass,
			     PVOID MutantInformation, ULONG MutantInformationLength,
			     PULONG ReturnLength);
NTSTATUS NTAPI NtQuerySemaphore(HANDLE SemaphoreHandle,
				SEMAPHORE_INFORMATION_CLASS SemaphoreInformationClass,
				PVOID SemaphoreInformation, ULONG SemaphoreInformationLength,
				PULONG ReturnLength);
NTSTATUS NTAPI NtQueryTimer(HANDLE TimerHandle, TIMER_INFORMATION_CLASS TimerInformationClass,
			    PVOID TimerInformation, ULONG TimerInformationLength,
			    PULONG ReturnLength);

/* The optional out-parameters of these are not reachable through Win32. */
NTSTATUS NTAPI NtSetEvent(HANDLE EventHandle, PLONG PreviousState);
NTSTATUS NTAPI NtResetEvent(HANDLE EventHandle, PLONG PreviousState);
NTSTATUS NTAPI NtPulseEvent(HANDLE EventHandle, PLONG PreviousState);
NTSTATUS NTAPI NtClearEvent(HANDLE EventHandle);
NTSTATUS NTAPI NtReleaseMutant(HANDLE MutantHandle, PLONG PreviousCount);
NTSTATUS NTAPI NtReleaseSemaphore(HANDLE SemaphoreHandle, LONG ReleaseCount,
				  PLONG PreviousCount);
NTSTATUS NTAPI NtCancelTimer(HANDLE TimerHandle, PBOOLEAN CurrentState);
NTSTATUS NTAPI NtWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
NTSTATUS NTAPI NtTestAlert(void);

/* ------------------------------------------------------------------------ */

#ifdef UNICODE
#define WSYNC_AW(name) name##W
#else
#define WSYNC_AW(name) name##A
#endif
#define CreateEvent WSYNC_AW(CreateEvent)
#define CreateEventEx WSYNC_AW(CreateEventEx)
#define OpenEvent WSYNC_AW(OpenEvent)
#define CreateMutex WSYNC_AW(CreateMutex)
#define CreateMutexEx WSYNC_AW(CreateMutexEx)
#define OpenMutex WSYNC_AW(OpenMutex)
#define CreateSemaphore WSYNC_AW(CreateSemaphore)
#define CreateSemaphoreEx WSYNC_AW(CreateSemaphoreEx)
#define OpenSemaphore WSYNC_AW(OpenSemaphore)
#define CreateWaitableTimer WSYNC_AW(CreateWaitableTimer)
#define CreateWaitableTimerEx WSYNC_AW(CreateWaitableTimerEx)
#define OpenWaitableTimer WSYNC_AW(OpenWaitableTimer)
#define CreateBoundaryDescriptor WSYNC_AW(CreateBoundaryDescriptor)
#define CreatePrivateNamespace WSYNC_AW(CreatePrivateNamespace)
#define OpenPrivateNamespace WSYNC_AW(OpenPrivateNamespace)

#ifdef __cplusplus
}
#endif

#endif /* WSYNC_WIN32_H */
